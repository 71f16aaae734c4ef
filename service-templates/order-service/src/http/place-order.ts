/**
 * POST /orders. It checks and prices the order. One transaction stores the order with its first event and the answer
 * under its Idempotency-Key. It answers 202 at once; the saga continues asynchronously. Orders that arrive while others
 * are being stored share one transaction.
 */
import { createHash } from "node:crypto";
import type { ClaimChecks } from "@event-platform-kit/service/claim-check";
import type { Clock } from "@event-platform-kit/service/clock";
import { ServiceError } from "@event-platform-kit/service/errors";
import type { Published } from "@event-platform-kit/service/events/event-map";
import { gather } from "@event-platform-kit/service/gather";
import type { Subject } from "@event-platform-kit/service/http/jwt";
import type { ProblemDetail } from "@event-platform-kit/service/http/problem";
import { Problem } from "@event-platform-kit/service/http/problem";
import { uuidV7 } from "@event-platform-kit/service/ids";
import type { Outbox } from "@event-platform-kit/service/outbox";
import type { Database } from "@event-platform-kit/service/storage/database";
import type { TraceContext } from "@event-platform-kit/service/trace";
import { formatTraceparent } from "@event-platform-kit/service/trace";
import type { AttachmentBody } from "../attachment.ts";
import { readAttachment } from "../attachment.ts";
import type { EventMap } from "../events.generated.ts";
import type { Order, OrderItem, ShippingAddress } from "../order.ts";
import { orderCreated, toDecimal, toMinor, withDeadline } from "../order.ts";
import type { Placement } from "../orders-table.ts";
import { findAnswers, insertOrders } from "../orders-table.ts";
import type { Prices } from "../price-list.ts";
import { priceList } from "../price-list.ts";
import { INITIAL_STATE } from "../saga/state-machine.ts";

/** The body after its schema was checked. */
export interface PlaceOrderBody {
  readonly items: readonly { readonly productId: string; readonly quantity: number; readonly price?: number }[];
  readonly currency: string;
  readonly shippingAddress: ShippingAddress;
  readonly total?: number;
  readonly attachment?: AttachmentBody;
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
  /** True if the key was used for the same request before. */
  readonly replayed: boolean;
}

const KEY = /^[\x21-\x7e]{1,255}$/u;

/** Places an order; throws a Problem if it is refused. */
export type PlaceOrder = (request: PlaceOrderRequest) => Promise<PlacedOrder>;

/** An order that was checked and priced, before it is stored. */
interface CheckedOrder {
  readonly placement: Placement;
  /** order.created; a large document is already stored. */
  readonly created: Published<EventMap, "order.created">;
  readonly answer: PlaceOrderAnswer;
  readonly trace: TraceContext;
}

export interface PlaceOrderOptions {
  /** Separate connections, so that a flood of requests does not block running sagas. */
  readonly database: Database;
  readonly outbox: Outbox<EventMap>;
  readonly claimChecks: Pick<ClaimChecks, "store">;
  readonly clock: Clock;
  /** How long an order may be pending, in milliseconds. */
  readonly timeoutMs: number;
  /** Called for each stored order. */
  readonly onPlaced: (orderId: string, trace: TraceContext) => void;
}

export function orderPlacement({
  database,
  outbox,
  claimChecks,
  clock,
  timeoutMs,
  onPlaced,
}: PlaceOrderOptions): PlaceOrder {
  const prices = priceList(database, clock);
  const store = gather({ work: storeAll, advice: "repeat it in a moment with the same Idempotency-Key", clock });

  return async (request) => {
    const { idempotencyKey: key, subject, body, trace } = request;
    if (key === undefined || !KEY.test(key)) {
      throw new Problem(
        "idempotency-key-missing",
        "Send Idempotency-Key: 1 to 255 visible ASCII characters, for example a UUID; the same for each repetition of this order.",
      );
    }
    const hash = createHash("sha256").update(canonical(body)).digest();
    const checked = check(await prices(), body);
    const read = body.attachment === undefined ? undefined : readAttachment(body.attachment);
    const errors = [
      ...("errors" in checked ? checked.errors : []),
      ...(read !== undefined && "errors" in read ? read.errors : []),
    ];
    if (errors.length > 0 || read !== undefined) {
      // A repeated request gets its first answer, even if the price list has changed since, and its document is stored
      // only once.
      const known = (await findAnswers(database, [{ customerId: subject.id, key }]))[0];
      if (known !== undefined)
        return known.hash.equals(hash) ? { answer: known.answer as PlaceOrderAnswer, replayed: true } : reused();
    }
    if ("errors" in checked || (read !== undefined && "errors" in read))
      throw new Problem("unprocessable", "The order cannot be accepted as it is.", { errors });
    const document = read?.document;
    const order: Order = {
      orderId: uuidV7(clock),
      customerId: subject.id,
      ...checked,
      currency: body.currency,
      shippingAddress: body.shippingAddress,
      saga: INITIAL_STATE,
    };
    const answer: PlaceOrderAnswer = {
      orderId: order.orderId,
      status: "pending",
      links: { self: `/orders/${order.orderId}` },
    };
    const created = await storeDocument(orderCreated(order, clock(), document));
    const attachment = document === undefined ? {} : { attachment: document.attachment };
    return store({
      placement: { order, ...attachment, traceparent: formatTraceparent(trace), key, hash, answer },
      created,
      answer,
      trace,
    });
  };

  /** Stores the document before the transaction, because the transaction must not wait for a store. */
  async function storeDocument(created: Published<EventMap, "order.created">): Promise<typeof created> {
    try {
      return await claimChecks.store(created);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.permanent) throw error;
      throw new Problem(
        "unavailable",
        "The attachment can't be stored just now; repeat the request with the same Idempotency-Key.",
        { retryAfter: 2 },
      );
    }
  }

  /** Stores all orders with new keys, and their first events, in one transaction. */
  async function storeAll(wanted: readonly CheckedOrder[]): Promise<readonly (PlacedOrder | Error)[]> {
    return database.transaction(async (tx) => {
      const claimed = await insertOrders(
        tx,
        wanted.map(({ placement }) => placement),
      );
      const placed = wanted.filter(({ placement }) => claimed.has(placement.order.orderId));
      tx.afterCommit(() => {
        for (const { placement, trace } of placed) onPlaced(placement.order.orderId, trace);
      });
      const repeated = wanted
        .filter((item) => !placed.includes(item))
        .map(({ placement: { order, key } }) => ({ customerId: order.customerId, key }));
      const [known] = await Promise.all([
        repeated.length === 0 ? [] : findAnswers(tx, repeated),
        outbox.add(
          tx,
          placed.map(({ placement: { order }, created, trace }) => ({
            cause: { correlationId: order.orderId, trace },
            events: [withDeadline(created, (claimed.get(order.orderId) ?? clock()) + timeoutMs)],
          })),
        ),
      ]);
      return wanted.map(({ placement: { order, key, hash }, answer }): PlacedOrder | Error => {
        if (claimed.has(order.orderId)) return { answer, replayed: false };
        const earlier = known.find((found) => found.customerId === order.customerId && found.key === key);
        if (earlier === undefined)
          return new Error(`the Idempotency-Key of order ${order.orderId} was taken and is not there`);
        return earlier.hash.equals(hash) ? { answer: earlier.answer as PlaceOrderAnswer, replayed: true } : keyReused();
      });
    });
  }
}

function keyReused(): Problem {
  return new Problem(
    "idempotency-key-reused",
    "This Idempotency-Key belongs to an order with another body; use a new key for a new order.",
  );
}

function reused(): never {
  throw keyReused();
}

/** Returns the priced items and their sum, or all problems of the order. */
function check(
  prices: Prices,
  body: PlaceOrderBody,
):
  | { readonly items: readonly OrderItem[]; readonly totalAmount: number }
  | { readonly errors: readonly ProblemDetail[] } {
  const errors: ProblemDetail[] = [...unusableTexts(body), ...duplicates(body)];
  const items = body.items.map((item, place) => {
    const unitPrice = prices(item.productId, body.currency);
    if (unitPrice === undefined)
      errors.push({
        at: `/items/${place}/productId`,
        message: `"${item.productId}" is not sold in ${body.currency}; see GET /products`,
      });
    else if (item.price !== undefined && toMinor(item.price) !== unitPrice) {
      errors.push({
        at: `/items/${place}/price`,
        message: `is ${item.price}, the price list gives ${toDecimal(unitPrice)}`,
      });
    }
    return { productId: item.productId, quantity: item.quantity, unitPrice: unitPrice ?? 0 };
  });
  const totalAmount = items.reduce((sum, item) => sum + item.quantity * item.unitPrice, 0);
  if (errors.length === 0 && body.total !== undefined && toMinor(body.total) !== totalAmount) {
    errors.push({ at: "/total", message: `is ${body.total}, the price list gives ${toDecimal(totalAmount)}` });
  }
  return errors.length > 0 ? { errors } : { items, totalAmount };
}

function duplicates(body: PlaceOrderBody): readonly ProblemDetail[] {
  const seen = new Set<string>();
  return body.items.flatMap(({ productId }, place) => {
    if (seen.has(productId))
      return [{ at: `/items/${place}/productId`, message: `"${productId}" is there twice; add up the quantities` }];
    seen.add(productId);
    return [];
  });
}

/** Returns texts with control characters or lone surrogates, which can neither be stored nor printed on a label. */
function unusableTexts(body: PlaceOrderBody): readonly ProblemDetail[] {
  const texts = typeof body.shippingAddress === "string" ? { "": body.shippingAddress } : body.shippingAddress;
  return Object.entries(texts)
    .filter(([, value]) => !value.isWellFormed() || /\p{Cc}/u.test(value) || value.trim() === "")
    .map(([field]) => ({
      at: `/shippingAddress${field === "" ? "" : `/${field}`}`,
      message: "is blank or has control characters or broken Unicode",
    }));
}

/** Returns the same text for the same order, regardless of the order of its fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`)
      .join(",")}}`;
  }
  return JSON.stringify(value);
}
