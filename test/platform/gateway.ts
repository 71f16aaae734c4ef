import { randomUUID } from "node:crypto";
import { eventually } from "./condition.ts";
import { kitJson } from "./kit-command.ts";
import type { TestPlatform } from "./test-platform.ts";
import { statusFile } from "./test-platform.ts";

/** An answer of the gateway. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The gateway as one customer sees it. */
export interface Customer {
  readonly token: string;
  request(
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answer>;
  /** Places an order; a new Idempotency-Key unless one is given. */
  order(body: unknown, idempotencyKey?: string): Promise<Answer>;
  /** The order once it has reached a terminal state. */
  settled(orderId: string, timeoutMs?: number): Promise<Readonly<Record<string, unknown>>>;
}

/** Signs in as a customer. */
export async function customer(platform: TestPlatform, subject: string): Promise<Customer> {
  const { token } = await kitJson<{ token: string }>(platform, ["token", "--subject", subject]);
  const { gateway } = statusFile(platform).endpoints;
  const request: Customer["request"] = async (method, path, options = {}) => {
    const text =
      typeof options.body === "string"
        ? options.body
        : options.body === undefined
          ? undefined
          : JSON.stringify(options.body);
    const response = await fetch(`${gateway}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(text === undefined ? {} : { "content-type": "application/json" }),
        ...options.headers,
      },
      ...(text === undefined ? {} : { body: text }),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = await response.text();
    return {
      status: response.status,
      type: response.headers.get("content-type") ?? "",
      body: answer === "" ? {} : (JSON.parse(answer) as Record<string, unknown>),
    };
  };
  return {
    token,
    request,
    order: (body, idempotencyKey = randomUUID()) =>
      request("POST", "/orders", { body, headers: { "idempotency-key": idempotencyKey } }),
    settled: (orderId, timeoutMs = 30_000) =>
      eventually(
        `order ${orderId} to be confirmed or cancelled`,
        async () => {
          const { body } = await request("GET", `/orders/${orderId}`);
          return body.status === "confirmed" || body.status === "cancelled" ? body : undefined;
        },
        timeoutMs,
      ),
  };
}

/** Changes how the payment provider's simulator behaves, for the time of `work`. */
export async function withPayments<T>(
  platform: TestPlatform,
  behaviour: Readonly<Record<string, unknown>>,
  work: () => Promise<T>,
): Promise<T> {
  const addresses = statusFile(platform).endpoints.services["payment-service"]?.management ?? [];
  const set = (body: unknown) =>
    Promise.all(
      addresses.map(async (address) => {
        const response = await fetch(`${address}/simulator`, {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(`${address}/simulator answered ${response.status}: ${await response.text()}`);
      }),
    );
  await set(behaviour);
  try {
    return await work();
  } finally {
    await set({ behaviour: "approve" });
  }
}
