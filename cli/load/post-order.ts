/**
 * Posts orders over kept connections, as cheaply as Node allows, because the generator shares the machine with the platform
 * that it measures.
 */
import { Agent, request } from "node:http";

/** An answer. */
export interface Answer {
  /** Absent without an answer: connection refused, connection broken, timeout. */
  readonly status?: number;
  /** Order id from a 2xx answer. */
  readonly orderId?: string;
  /** The failure, for people: an error's code, or the status with the problem's title. Absent with a 2xx answer. */
  readonly failure?: string;
}

/** The request to send. */
export interface OrderPost {
  readonly authorization: string;
  readonly idempotencyKey: string;
  readonly body: Buffer;
}

/** Sends orders to one address. */
export interface OrderSender {
  /** Never rejects: every failure is an answer without a status. */
  post(order: OrderPost, timeoutMs: number): Promise<Answer>;
  /** Closes idle and open connections. */
  close(): void;
}

/**
 * @param target - `url`: where orders are posted, `http:`; `idField`: the field of the answer with the order's id.
 * @param connections - Maximum number of connections.
 */
export function orderSender(
  target: { readonly url: string; readonly idField: string },
  connections: number,
): OrderSender {
  const url = new URL(target.url);
  const agent = new Agent({
    keepAlive: true,
    maxSockets: connections,
    maxFreeSockets: connections,
    scheduling: "lifo",
  });
  return {
    post: (order, timeoutMs) =>
      new Promise((resolve) => {
        const sent = request(
          {
            agent,
            method: "POST",
            host: url.hostname,
            port: url.port,
            path: url.pathname,
            headers: {
              authorization: order.authorization,
              "content-type": "application/json",
              "content-length": order.body.length,
              "idempotency-key": order.idempotencyKey,
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.once("end", () => finish(readAnswer(response.statusCode, chunks, target.idField)));
            // An incomplete answer says nothing about the order.
            response.on("error", (error) => finish({ failure: `answer broke off: ${codeOf(error)}` }));
          },
        );
        const limit = setTimeout(() => {
          finish({ failure: `no answer within ${timeoutMs} ms` });
          sent.destroy();
        }, timeoutMs);
        const finish = (answer: Answer): void => {
          clearTimeout(limit);
          resolve(answer);
        };
        sent.on("error", (error) =>
          finish({ failure: `${codeOf(error)}${sent.reusedSocket ? " on a kept connection" : ""}` }),
        );
        sent.once("close", () => finish({ failure: "connection closed before the whole answer" }));
        sent.end(order.body);
      }),
    close: () => agent.destroy(),
  };
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

function readAnswer(status: number | undefined, chunks: readonly Buffer[], idField: string): Answer {
  if (status === undefined) return { failure: "an answer without a status" };
  const text = Buffer.concat(chunks).toString("utf8");
  if (status < 200 || status > 299) return { status, failure: `${status} ${textAt(text, "title") ?? ""}`.trimEnd() };
  const orderId = textAt(text, idField);
  return { status, ...(orderId === undefined ? {} : { orderId }) };
}

/** A text at the document's first level; undefined if there is none. */
function textAt(json: string, name: string): string | undefined {
  try {
    const document: unknown = JSON.parse(json);
    if (typeof document !== "object" || document === null) return undefined;
    const value: unknown = Object.entries(document).find(([key]) => key === name)?.[1];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
