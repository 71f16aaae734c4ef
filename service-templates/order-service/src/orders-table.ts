/** SQL of the tables orders and order_steps. */
import type { Queryable, Row, Transaction } from "@event-platform-kit/service/storage/database";
import type { Attachment } from "./attachment.ts";
import type { Order, OrderItem, ShippingAddress } from "./order.ts";
import type {
  CancelReason,
  InventoryOutcome,
  OrderStatus,
  PaymentOutcome,
  SagaState,
  StepName,
} from "./saga/state-machine.ts";

interface OrderRow extends Row {
  readonly order_id: string;
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly payment: PaymentOutcome;
  readonly inventory: InventoryOutcome;
  readonly reason: CancelReason | null;
  readonly transaction_id: string | null;
  readonly items: readonly OrderItem[];
  readonly total_amount: string;
  readonly currency: string;
  readonly shipping_address: ShippingAddress;
}

/** An order with its times, for answers. */
export interface OrderRecord extends Order {
  /** Absent if the order has no attachment. */
  readonly attachment?: Attachment;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A recorded step of the saga. */
export interface OrderStep {
  readonly name: StepName;
  readonly at: Date;
}

const COLUMNS =
  "order_id, customer_id, status, payment, inventory, reason, transaction_id, items, total_amount, currency, shipping_address";

function toSaga(row: OrderRow): SagaState {
  return {
    status: row.status,
    payment: row.payment,
    inventory: row.inventory,
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}

function toOrder(row: OrderRow): Order {
  return {
    orderId: row.order_id,
    customerId: row.customer_id,
    items: row.items,
    totalAmount: Number(row.total_amount),
    currency: row.currency,
    shippingAddress: row.shipping_address,
    saga: toSaga(row),
    ...(row.transaction_id === null ? {} : { transactionId: row.transaction_id }),
  };
}

interface RecordRow extends OrderRow {
  readonly attachment: Attachment | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

function toRecord(row: RecordRow): OrderRecord {
  return {
    ...toOrder(row),
    ...(row.attachment === null ? {} : { attachment: row.attachment }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** An order to store, with the data of its request. */
export interface Placement {
  readonly order: Order;
  /** Absent if the order has no attachment. */
  readonly attachment?: Attachment;
  readonly traceparent: string;
  /** Idempotency-Key of the customer. */
  readonly key: string;
  /** Hash of the request's body. */
  readonly hash: Buffer;
  /** The answer to a repetition of the request. */
  readonly answer: object;
}

/**
 * Stores accepted orders with their first step and the answers under their keys. Returns the stored orders by id, with
 * the time of storage in milliseconds since the epoch by the database's clock. An order whose key was already used, by
 * an earlier request or one of the same batch, is left out. The key's unique index decides: the statement waits for a
 * request with the same key in another transaction.
 */
export async function insertOrders(
  tx: Transaction,
  placements: readonly Placement[],
): Promise<ReadonlyMap<string, number>> {
  const orders = placements.map(({ order }) => order);
  const rows = await tx.query<{ order_id: string; created_at: Date }>({
    name: "orders-insert",
    // Keys in a fixed order, so that two instances with overlapping batches cannot deadlock.
    text: `WITH wanted AS (
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::bigint[], $8::text[], $9::jsonb[], $10::text[], $11::text[], $12::bytea[], $13::jsonb[], $14::jsonb[])
               AS w(order_id, customer_id, status, payment, inventory, items, total_amount, currency, shipping_address, traceparent, key, body_hash, answer, attachment)),
           claimed AS (
             INSERT INTO idempotency_keys (customer_id, key, body_hash, order_id, answer)
             SELECT customer_id, key, body_hash, order_id, answer FROM wanted ORDER BY customer_id, key, order_id
             ON CONFLICT DO NOTHING RETURNING order_id),
           placed AS (
             INSERT INTO orders (order_id, customer_id, status, payment, inventory, items, total_amount, currency, shipping_address, traceparent, attachment)
             SELECT order_id, customer_id, status, payment, inventory, items, total_amount, currency, shipping_address, traceparent, attachment
               FROM wanted JOIN claimed USING (order_id) RETURNING order_id, created_at),
           step AS (INSERT INTO order_steps (order_id, name, at) SELECT order_id, 'accepted', created_at FROM placed)
           SELECT order_id, created_at FROM placed`,
    values: [
      orders.map((order) => order.orderId),
      orders.map((order) => order.customerId),
      orders.map((order) => order.saga.status),
      orders.map((order) => order.saga.payment),
      orders.map((order) => order.saga.inventory),
      orders.map((order) => JSON.stringify(order.items)),
      orders.map((order) => order.totalAmount),
      orders.map((order) => order.currency),
      orders.map((order) => JSON.stringify(order.shippingAddress)),
      placements.map(({ traceparent }) => traceparent),
      placements.map(({ key }) => key),
      placements.map(({ hash }) => hash),
      placements.map(({ answer }) => JSON.stringify(answer)),
      placements.map(({ attachment }) => (attachment === undefined ? null : JSON.stringify(attachment))),
    ],
  });
  return new Map(rows.map((row) => [row.order_id, row.created_at.getTime()]));
}

/** A stored answer under an Idempotency-Key. */
export interface KnownAnswer {
  readonly customerId: string;
  readonly key: string;
  readonly hash: Buffer;
  readonly answer: object;
}

/** Returns the stored answers under these keys. */
export async function findAnswers(
  db: Queryable,
  keys: readonly { readonly customerId: string; readonly key: string }[],
): Promise<readonly KnownAnswer[]> {
  const rows = await db.query<{ customer_id: string; key: string; body_hash: Buffer; answer: object }>({
    name: "answers-find",
    text: `SELECT customer_id, key, body_hash, answer FROM idempotency_keys JOIN unnest($1::text[], $2::text[]) AS k(customer_id, key) USING (customer_id, key)`,
    values: [keys.map(({ customerId }) => customerId), keys.map(({ key }) => key)],
  });
  return rows.map((row) => ({ customerId: row.customer_id, key: row.key, hash: row.body_hash, answer: row.answer }));
}

/** Locks orders, always in the order of their ids, and returns them by id. */
export async function lockOrders(tx: Transaction, orderIds: readonly string[]): Promise<ReadonlyMap<string, Order>> {
  const rows = await tx.query<OrderRow>({
    name: "orders-lock",
    text: `SELECT ${COLUMNS} FROM orders WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE`,
    values: [orderIds],
  });
  return new Map(rows.map((row) => [row.order_id, toOrder(row)]));
}

/**
 * Returns the time before which pending orders are overdue now; undefined if no order is overdue. Uses the database's
 * clock, which is the same for all instances.
 */
export async function overdueSince(db: Queryable, olderThanMs: number): Promise<Date | undefined> {
  const [row] = await db.query<{ placed_before: Date }>({
    name: "orders-overdue",
    text: `SELECT now() - $1 * interval '1 millisecond' AS placed_before
            WHERE EXISTS (SELECT FROM orders WHERE status = 'pending' AND created_at < now() - $1 * interval '1 millisecond')`,
    values: [olderThanMs],
  });
  return row?.placed_before;
}

/** Locks pending orders that were placed before a given time; skips orders that another transaction has locked. */
export async function lockOverdue(
  tx: Transaction,
  placedBefore: Date,
  limit: number,
): Promise<readonly (Order & { readonly traceparent: string | null })[]> {
  const rows = await tx.query<OrderRow & { traceparent: string | null }>({
    name: "orders-lock-overdue",
    text: `SELECT ${COLUMNS}, traceparent FROM orders
            WHERE status = 'pending' AND created_at <= $1
            ORDER BY order_id LIMIT $2 FOR UPDATE SKIP LOCKED`,
    values: [placedBefore, limit],
  });
  return rows.map((row) => ({ ...toOrder(row), traceparent: row.traceparent }));
}

/** An order in its current state, with the new steps that led to it. */
export interface OrderChange {
  readonly order: Order;
  readonly steps: readonly StepName[];
}

/**
 * Stores the states of sagas, with their new steps, in one statement. Returns their ages by id, in seconds by the
 * database's clock.
 */
export async function updateOrders(
  tx: Transaction,
  changes: readonly OrderChange[],
): Promise<ReadonlyMap<string, number>> {
  if (changes.length === 0) return new Map();
  const orders = changes.map(({ order }) => order);
  const steps = changes.flatMap(({ order, steps: names }) => names.map((name) => ({ orderId: order.orderId, name })));
  const rows = await tx.query<{ order_id: string; age: number }>({
    name: "orders-update",
    text: `WITH moved AS (
             UPDATE orders o SET status = c.status, payment = c.payment, inventory = c.inventory, reason = c.reason,
                    transaction_id = c.transaction_id, updated_at = clock_timestamp()
               FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
                    AS c(order_id, status, payment, inventory, reason, transaction_id)
              WHERE o.order_id = c.order_id
              RETURNING o.order_id, extract(epoch FROM o.updated_at - o.created_at)::float8 AS age),
           noted AS (
             INSERT INTO order_steps (order_id, name)
             SELECT step.order_id, step.name FROM unnest($7::uuid[], $8::text[]) WITH ORDINALITY AS step(order_id, name, place) ORDER BY step.place
             ON CONFLICT DO NOTHING)
           SELECT order_id, age FROM moved`,
    values: [
      orders.map((order) => order.orderId),
      orders.map((order) => order.saga.status),
      orders.map((order) => order.saga.payment),
      orders.map((order) => order.saga.inventory),
      orders.map((order) => order.saga.reason ?? null),
      orders.map((order) => order.transactionId ?? null),
      steps.map((step) => step.orderId),
      steps.map((step) => step.name),
    ],
  });
  return new Map(rows.map((row) => [row.order_id, row.age]));
}

/** Returns one order of a customer; undefined if there is none or it belongs to another customer. */
export async function findOrder(db: Queryable, customerId: string, orderId: string): Promise<OrderRecord | undefined> {
  const [row] = await db.query<RecordRow>({
    name: "order-find",
    text: `SELECT ${COLUMNS}, attachment, created_at, updated_at FROM orders WHERE order_id = $1 AND customer_id = $2`,
    values: [orderId, customerId],
  });
  return row === undefined ? undefined : toRecord(row);
}

/** Returns a customer's orders, newest first (ids grow with time), after a given one. */
export async function listOrders(
  db: Queryable,
  customerId: string,
  limit: number,
  before: string | undefined,
): Promise<readonly OrderRecord[]> {
  const rows = await db.query<RecordRow>({
    name: "orders-list",
    text: `SELECT ${COLUMNS}, attachment, created_at, updated_at FROM orders
            WHERE customer_id = $1 AND ($2::uuid IS NULL OR order_id < $2) ORDER BY order_id DESC LIMIT $3`,
    values: [customerId, before ?? null, limit],
  });
  return rows.map(toRecord);
}

/** Returns the steps of orders, in the order in which they were recorded. */
export async function stepsOf(
  db: Queryable,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, readonly OrderStep[]>> {
  const rows = await db.query<{ order_id: string; name: StepName; at: Date }>({
    name: "order-steps",
    text: "SELECT order_id, name, at FROM order_steps WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, place",
    values: [orderIds],
  });
  return Map.groupBy(rows, (row) => row.order_id);
}

/** Returns the age in seconds of the oldest saga that is not in a terminal state, by state; 0 if there is none. */
export async function oldestUnfinished(
  db: Queryable,
): Promise<{ readonly pending: number; readonly compensating: number }> {
  const [row] = await db.query<{ pending: string | null; compensating: string | null }>({
    text: `SELECT (SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM orders WHERE status = 'pending') AS pending,
                  (SELECT extract(epoch FROM clock_timestamp() - min(updated_at)) FROM orders
                    WHERE status = 'cancelled' AND (payment = 'processed' OR inventory = 'reserved')) AS compensating`,
  });
  return { pending: Number(row?.pending ?? 0), compensating: Number(row?.compensating ?? 0) };
}
