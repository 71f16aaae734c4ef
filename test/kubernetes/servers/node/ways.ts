/** Ways between a node's namespaces and this machine's loopback. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { createConnection, createServer } from "node:net";

/** Connects to an address inside a node, e.g. a Service's name. */
export type Dial = (host: string, port: number) => Socket;

/** An HTTP request to an address inside. */
export interface InsideRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What was answered. */
export interface InsideAnswer {
  readonly status: number;
  readonly body: string;
}

const REQUEST_LIMIT_MS = 30_000;

/** A socket with a path whose connections come out at a port of this machine's loopback. */
export async function exitTo(path: string, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (incoming) =>
    join(incoming, createConnection({ host: "127.0.0.1", port, allowHalfOpen: true })),
  );
  server.listen(path);
  await once(server, "listening");
  return server;
}

/** A free loopback port whose connections go to an address inside. */
export async function doorTo(
  dial: Dial,
  host: string,
  port: number,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ allowHalfOpen: true }, (incoming) => join(incoming, dial(host, port)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.end());
    from.pipe(to);
  }
}

/** Sends a request on a connection of its own. */
export function requestThrough(dial: Dial, url: string, options: InsideRequest): Promise<InsideAnswer> {
  const target = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      target,
      {
        method: options.method ?? "GET",
        headers: { connection: "close", ...options.headers },
        timeout: REQUEST_LIMIT_MS,
        createConnection: () => dial(target.hostname, Number(target.port === "" ? 80 : target.port)),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.once("error", reject);
        incoming.once("end", () =>
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
      },
    );
    outgoing.once("timeout", () => outgoing.destroy(new Error(`No answer from ${url} within ${REQUEST_LIMIT_MS} ms.`)));
    outgoing.once("error", reject);
    outgoing.end(options.body);
  });
}
