import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request as it came. */
export interface SeenRequest {
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A gateway of the test's own. */
export interface GatewayStub {
  readonly gateway: string;
  readonly seen: SeenRequest[];
  /** Connections opened so far. */
  readonly connections: () => number;
}

/** Starts a server on loopback that answers as told; closed with the test. */
export async function gatewayStub(
  answer: (request: SeenRequest, response: ServerResponse) => void,
): Promise<GatewayStub> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const at = performance.now();
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      const one = { at, headers: request.headers, body };
      seen.push(one);
      answer(one, response);
    });
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { gateway: `http://127.0.0.1:${port}`, seen, connections: () => connections };
}

/** 202 with an order id made of the key. */
export function accept(request: SeenRequest, response: ServerResponse): void {
  response
    .writeHead(202, { "content-type": "application/json" })
    .end(JSON.stringify({ orderId: `order-of-${String(request.headers["idempotency-key"])}`, status: "pending" }));
}

/** An answer without content. */
export function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify({ status }));
}
