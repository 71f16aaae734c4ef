/** Places an order at the gateway and follows it to its terminal state. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { OrderClient, OrderOutcome, OrderStep, Product } from "../../../cli/project/order.ts";
import { KitError } from "../../../cli/project/order.ts";

/** What to order. */
export interface OrderRequest {
  readonly items: readonly { readonly productId: string; readonly quantity: number }[];
  readonly currency: string;
  readonly shippingAddress: string;
}

/** Orders reach their terminal state within tens of milliseconds; a short interval shows every step in time. */
const POLL_MS = 20;
const REQUEST_LIMIT_MS = 10_000;

/**
 * Places an order and follows it until it is confirmed or cancelled.
 * @param onStep - Called once for each step, in order.
 * @param timeoutMs - Timeout for the whole.
 * @returns the outcome; `status` is still `pending` if the timeout passed.
 * @throws KitError `KIT_GATEWAY_UNREACHABLE`, `KIT_ORDER_REFUSED`.
 */
export async function placeAndFollow(
  client: OrderClient,
  request: OrderRequest,
  options: { timeoutMs: number; onStep?: (step: OrderStep) => void },
): Promise<OrderOutcome> {
  const started = client.now();
  const placed = await call(client, "POST", "/orders", request);
  if (placed.status !== 202) throw new KitError("KIT_ORDER_REFUSED", problemText(placed));
  const orderId = textField(placed.body, "orderId") ?? "";
  let steps: readonly OrderStep[] = [];
  for (;;) {
    const answer = await call(client, "GET", `/orders/${encodeURIComponent(orderId)}`);
    if (answer.status !== 200) throw new KitError("KIT_ORDER_REFUSED", problemText(answer));
    const now = readSteps(answer.body);
    for (const step of now.slice(steps.length)) options.onStep?.(step);
    steps = now;
    const status = textField(answer.body, "status") ?? "pending";
    const reason = textField(answer.body, "reason");
    const elapsedMs = Math.round(client.now() - started);
    const ended = status === "confirmed" || status === "cancelled";
    if (ended || elapsedMs >= options.timeoutMs)
      return { orderId, status, ...(reason === undefined ? {} : { reason }), steps, elapsedMs };
    await delay(POLL_MS);
  }
}

/** Returns the products of the price list. */
export async function listProducts(client: OrderClient): Promise<readonly Product[]> {
  const answer = await call(client, "GET", "/products");
  if (answer.status !== 200) throw new KitError("KIT_ORDER_REFUSED", problemText(answer));
  const { body } = answer;
  const list: unknown =
    typeof body === "object" && body !== null && "products" in body
      ? body.products
      : typeof body === "object" && body !== null && "items" in body
        ? body.items
        : body;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown): Product[] => {
    const productId = textField(entry, "productId") ?? textField(entry, "id");
    const name = textField(entry, "name");
    return productId === undefined ? [] : [{ productId, ...(name === undefined ? {} : { name }) }];
  });
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function call(client: OrderClient, method: string, path: string, body?: unknown): Promise<Answer> {
  const url = new URL(path, client.gateway);
  try {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${client.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json", "idempotency-key": randomUUID() }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    const text = await response.text();
    return { status: response.status, body: parseBody(text) };
  } catch (cause) {
    const words = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new KitError("KIT_GATEWAY_UNREACHABLE", `${method} ${url.href}: ${words}`, { cause });
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Returns a problem+json answer in one line. */
function problemText(answer: Answer): string {
  const title = textField(answer.body, "title");
  const detail = textField(answer.body, "detail");
  const { body } = answer;
  const errors: unknown = typeof body === "object" && body !== null && "errors" in body ? body.errors : [];
  const words = (Array.isArray(errors) ? errors : []).map((error: unknown) =>
    `${textField(error, "at") ?? ""} ${textField(error, "message") ?? ""}`.trim(),
  );
  return [String(answer.status), title, detail, ...words]
    .filter((part) => part !== undefined && part !== "")
    .join(" · ");
}

function readSteps(body: unknown): readonly OrderStep[] {
  if (typeof body !== "object" || body === null || !("steps" in body) || !Array.isArray(body.steps)) return [];
  return body.steps.flatMap((step: unknown): OrderStep[] => {
    const name = textField(step, "name");
    const at = textField(step, "at");
    if (name === undefined || at === undefined || typeof step !== "object" || step === null) return [];
    const elapsedMs = "elapsedMs" in step && typeof step.elapsedMs === "number" ? step.elapsedMs : 0;
    return [{ name, at, elapsedMs }];
  });
}

function textField(value: unknown, name: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return typeof found === "string" ? found : undefined;
}
