/** One POST of an order over a kept connection, as cheap as Node allows: the generator shares the machine with what it measures. */
import { Agent, request } from "node:http";

/** What came back. */
export interface Answer {
  /** Absent when none came: refused connection, broken connection, timeout. */
  readonly status?: number;
  /** Of a 2xx answer that names it. */
  readonly orderId?: string;
  /** What went wrong, for people: an error's code, or the status with the problem's title. Absent with a 2xx answer. */
  readonly failure?: string;
}

/** What is sent. */
export interface OrderPost {
  readonly authorization: string;
  readonly idempotencyKey: string;
  readonly body: Buffer;
}

/** Sends orders to one address. */
export interface OrderSender {
  /** Never rejects: whatever goes wrong is an answer without a status. */
  post(order: OrderPost, timeoutMs: number): Promise<Answer>;
  /** Closes idle and open connections. */
  close(): void;
}

/**
 * @param target - `url`: where orders are posted, `http:`; `idField`: what names the order in the answer.
 * @param connections - Most connections at once.
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
            // Half an answer says nothing about the order.
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

/** A text of the document's first level; undefined where there is none. */
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
