/** One POST /orders over a kept connection, as cheap as Node allows: the generator shares the machine with what it measures. */
import { Agent, request } from "node:http";

/** What came back. */
export interface Answer {
  /** Absent when none came: refused connection, broken connection, time-out. */
  readonly status?: number;
  /** Of a 2xx answer that names it. */
  readonly orderId?: string;
}

/** What is sent. */
export interface OrderPost {
  readonly authorization: string;
  readonly idempotencyKey: string;
  readonly body: Buffer;
}

/** Sends orders to one gateway. */
export interface OrderSender {
  /** Never rejects: whatever goes wrong is an answer without a status. */
  post(order: OrderPost, timeoutMs: number): Promise<Answer>;
  /** Closes idle and open connections. */
  close(): void;
}

/**
 * @param gateway - Base URL, `http:`.
 * @param connections - Most connections at once.
 */
export function orderSender(gateway: string, connections: number): OrderSender {
  const url = new URL("/orders", gateway);
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections, scheduling: "lifo" });
  return {
    post: (order, timeoutMs) => new Promise((resolve) => {
      const sent = request({
        agent, method: "POST", host: url.hostname, port: url.port, path: url.pathname,
        headers: {
          authorization: order.authorization, "content-type": "application/json",
          "content-length": order.body.length, "idempotency-key": order.idempotencyKey,
        },
      }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("end", () => finish(readAnswer(response.statusCode, chunks)));
        // Half an answer says nothing about the order.
        response.on("error", () => finish({}));
      });
      const limit = setTimeout(() => sent.destroy(), timeoutMs);
      const finish = (answer: Answer): void => {
        clearTimeout(limit);
        resolve(answer);
      };
      sent.on("error", () => finish({}));
      sent.once("close", () => finish({}));
      sent.end(order.body);
    }),
    close: () => agent.destroy(),
  };
}

function readAnswer(status: number | undefined, chunks: readonly Buffer[]): Answer {
  if (status === undefined) return {};
  if (status < 200 || status > 299) return { status };
  const orderId = orderIdOf(Buffer.concat(chunks).toString("utf8"));
  return { status, ...(orderId === undefined ? {} : { orderId }) };
}

function orderIdOf(text: string): string | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === "object" && document !== null && "orderId" in document && typeof document.orderId === "string" ? document.orderId : undefined;
  } catch {
    return undefined;
  }
}
