/**
 * POST /orders: checks, prices, stores the order with its first event and the answer under its
 * Idempotency-Key in one transaction, and answers 202 at once; the saga goes on by itself.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../../lib/clock.ts";
import type { Database, Queryable, Transaction } from "../../../lib/database.ts";
import { uuidV7 } from "../../../lib/ids.ts";
import type { Subject } from "../../../lib/jwt.ts";
import type { Outbox } from "../../../lib/outbox.ts";
import type { ProblemDetail } from "../../../lib/problem.ts";
import { Problem } from "../../../lib/problem.ts";
import type { TraceContext } from "../../../lib/trace.ts";
import { formatTraceparent } from "../../../lib/trace.ts";
import type { Order, OrderItem, ShippingAddress } from "../order.ts";
import { orderCreated, toDecimal, toMinor } from "../order.ts";
import { insertOrder } from "../orders-table.ts";
import { INITIAL_STATE } from "../saga/state-machine.ts";

/** The body after its schema was checked. */
export interface PlaceOrderBody {
  readonly items: readonly { readonly productId: string; readonly quantity: number; readonly price?: number }[];
  readonly currency: string;
  readonly shippingAddress: ShippingAddress;
  readonly total?: number;
}

export interface PlaceOrderRequest {
  readonly subject: Subject;
  readonly idempotencyKey: string | undefined;
  readonly body: PlaceOrderBody;
  readonly trace: TraceContext;
}

export interface PlaceOrderAnswer {
  readonly orderId: string;
  readonly status: "pending";
  readonly links: { readonly self: string };
}

export interface PlacedOrder {
  readonly answer: PlaceOrderAnswer;
  /** True when the key had been used for the same request before. */
  readonly replayed: boolean;
}

const KEY = /^[\x21-\x7e]{1,255}$/u;

export async function placeOrder(services: { readonly database: Database; readonly outbox: Outbox; readonly clock: Clock }, request: PlaceOrderRequest): Promise<PlacedOrder> {
  const { idempotencyKey: key, subject, body } = request;
  if (key === undefined || !KEY.test(key)) {
    throw new Problem("idempotency-key-missing", "Send Idempotency-Key: 1 to 255 visible ASCII characters, for example a UUID; the same for each repetition of this order.");
  }
  const hash = createHash("sha256").update(canonical(body)).digest();

  return services.database.transaction(async (tx) => {
    const known = await claimKey(tx, subject.id, key);
    if (known !== undefined) {
      if (!known.hash.equals(hash)) {
        throw new Problem("idempotency-key-reused", "This Idempotency-Key belongs to an order with another body; use a new key for a new order.");
      }
      return { answer: known.answer, replayed: true };
    }
    const order = await price(tx, request);
    await insertOrder(tx, order, formatTraceparent(request.trace));
    const answer: PlaceOrderAnswer = { orderId: order.orderId, status: "pending", links: { self: `/orders/${order.orderId}` } };
    await tx.query({
      name: "idempotency-insert",
      text: "INSERT INTO idempotency_keys (customer_id, key, body_hash, order_id, answer) VALUES ($1, $2, $3, $4, $5)",
      values: [subject.id, key, hash, order.orderId, JSON.stringify(answer)],
    });
    const cause = { correlationId: order.orderId, trace: request.trace };
    await services.outbox.add(tx, [{ cause, events: [orderCreated(order, services.clock())] }]);
    return { answer, replayed: false };
  });

  async function price(db: Queryable, { body: wanted }: PlaceOrderRequest): Promise<Order> {
    const errors: ProblemDetail[] = [...unusableTexts(wanted), ...duplicates(wanted)];
    const items = await pricedItems(db, wanted, errors);
    const totalAmount = items.reduce((sum, item) => sum + item.quantity * item.unitPrice, 0);
    if (errors.length === 0 && wanted.total !== undefined && toMinor(wanted.total) !== totalAmount) {
      errors.push({ at: "/total", message: `is ${wanted.total}, the price list gives ${toDecimal(totalAmount)}` });
    }
    if (errors.length > 0) throw new Problem("unprocessable", "The order cannot be accepted as it is.", { errors });
    return {
      orderId: uuidV7(services.clock), customerId: subject.id, items, totalAmount,
      currency: wanted.currency, shippingAddress: wanted.shippingAddress, saga: INITIAL_STATE,
    };
  }
}

/** Takes the key for this transaction; gives back what it was used for before. Refuses when another request is using it now. */
async function claimKey(tx: Transaction, customerId: string, key: string): Promise<{ hash: Buffer; answer: PlaceOrderAnswer } | undefined> {
  const [lock] = await tx.query<{ taken: boolean }>({
    name: "idempotency-claim",
    text: "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken",
    values: [`${customerId}\n${key}`],
  });
  if (lock?.taken !== true) throw new Problem("request-in-progress", "A request with this Idempotency-Key is being worked on; repeat it in a moment.", { retryAfter: 1 });
  const [row] = await tx.query<{ body_hash: Buffer; answer: PlaceOrderAnswer }>({
    name: "idempotency-find",
    text: "SELECT body_hash, answer FROM idempotency_keys WHERE customer_id = $1 AND key = $2",
    values: [customerId, key],
  });
  return row === undefined ? undefined : { hash: row.body_hash, answer: row.answer };
}

async function pricedItems(db: Queryable, body: PlaceOrderBody, errors: ProblemDetail[]): Promise<readonly OrderItem[]> {
  const rows = await db.query<{ product_id: string; unit_price: number }>({
    name: "price-list-find",
    text: "SELECT product_id, unit_price FROM price_list WHERE currency = $1 AND product_id = ANY($2::text[])",
    values: [body.currency, body.items.map((item) => item.productId)],
  });
  const prices = new Map(rows.map((row) => [row.product_id, row.unit_price]));
  return body.items.map((item, place) => {
    const unitPrice = prices.get(item.productId);
    if (unitPrice === undefined) errors.push({ at: `/items/${place}/productId`, message: `"${item.productId}" is not sold in ${body.currency}; see GET /products` });
    else if (item.price !== undefined && toMinor(item.price) !== unitPrice) {
      errors.push({ at: `/items/${place}/price`, message: `is ${item.price}, the price list gives ${toDecimal(unitPrice)}` });
    }
    return { productId: item.productId, quantity: item.quantity, unitPrice: unitPrice ?? 0 };
  });
}

function duplicates(body: PlaceOrderBody): readonly ProblemDetail[] {
  const seen = new Set<string>();
  return body.items.flatMap(({ productId }, place) => {
    if (seen.has(productId)) return [{ at: `/items/${place}/productId`, message: `"${productId}" is there twice; add up the quantities` }];
    seen.add(productId);
    return [];
  });
}

/** Control characters and lone surrogates can neither be stored nor printed on a label. */
function unusableTexts(body: PlaceOrderBody): readonly ProblemDetail[] {
  const texts = typeof body.shippingAddress === "string" ? { "": body.shippingAddress } : body.shippingAddress;
  return Object.entries(texts)
    .filter(([, value]) => !value.isWellFormed() || /\p{Cc}/u.test(value) || value.trim() === "")
    .map(([field]) => ({ at: `/shippingAddress${field === "" ? "" : `/${field}`}`, message: "is blank or has control characters or broken Unicode" }));
}

/** The same text for the same order, whatever the order of its fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
