/** SQL of the tables notices and order_customers. Times are milliseconds since the epoch. */

import type { Cause } from "@event-platform-kit/service/events/envelope";
import type { Queryable, Transaction } from "@event-platform-kit/service/storage/database";
import { parseTraceparent } from "@event-platform-kit/service/trace";

/** One notice about an order. */
export interface Notice {
  readonly orderId: string;
  readonly eventType: string;
  readonly eventId: string;
  /** Customer of the order; absent if the event does not name it. */
  readonly customerId?: string;
  readonly template: string;
  readonly headline: string;
  readonly line: string;
  readonly occurredAt: number;
  readonly correlationId: string;
  readonly traceparent?: string;
}

/**
 * Locks the orders, always in the order of their ids, and stores their customers if they are new.
 * @returns Customers by order; undefined if still unknown.
 */
export async function lockOrders(
  tx: Transaction,
  notices: readonly Pick<Notice, "orderId" | "customerId">[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const customers = new Map<string, string | undefined>();
  for (const { orderId, customerId } of notices) customers.set(orderId, customers.get(orderId) ?? customerId);
  const rows = await tx.query<{ order_id: string; customer_id: string | null }>({
    name: "order-customers-lock",
    text: `INSERT INTO order_customers (order_id, customer_id)
           SELECT o.order_id, o.customer_id FROM unnest($1::uuid[], $2::text[]) AS o(order_id, customer_id) ORDER BY o.order_id
           ON CONFLICT (order_id) DO UPDATE SET customer_id = coalesce(order_customers.customer_id, EXCLUDED.customer_id)
           RETURNING order_id, customer_id`,
    values: [[...customers.keys()], [...customers.values()].map((customer) => customer ?? null)],
  });
  return new Map(rows.map((row) => [row.order_id, row.customer_id ?? undefined]));
}

/** Locks orders before their events are published, so that the order of events in the outbox is the order of the commits. */
export async function lockKnownOrders(tx: Transaction, orderIds: readonly string[]): Promise<void> {
  await tx.query({
    name: "order-customers-lock-known",
    text: "SELECT FROM order_customers WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE",
    values: [orderIds],
  });
}

/** Returns the notices of locked orders: by order and event type, whether the notice has a message. */
export async function noticesOfOrders(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, "addressed" | "waiting">>> {
  const rows = await tx.query<{ order_id: string; event_type: string; addressed: boolean }>({
    name: "notices-of-orders",
    text: "SELECT order_id, event_type, message_id IS NOT NULL AS addressed FROM notices WHERE order_id = ANY($1::uuid[])",
    values: [orderIds],
  });
  return new Map(
    [...Map.groupBy(rows, (row) => row.order_id)].map(([orderId, steps]) => [
      orderId,
      new Map(steps.map((step) => [step.event_type, step.addressed ? "addressed" : "waiting"])),
    ]),
  );
}

/** Stores notices, each with its message if there is one. */
export async function insertNotices(
  tx: Transaction,
  notices: readonly (Notice & { readonly messageId: string | undefined })[],
): Promise<void> {
  if (notices.length === 0) return;
  await tx.query({
    name: "notices-insert",
    text: `INSERT INTO notices (order_id, event_type, event_id, message_id, template, headline, line, occurred_at, correlation_id, traceparent)
           SELECT n.order_id, n.event_type, n.event_id, n.message_id, n.template, n.headline, n.line, to_timestamp(n.occurred_at / 1000.0), n.correlation_id, n.traceparent
             FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[])
                  AS n(order_id, event_type, event_id, message_id, template, headline, line, occurred_at, correlation_id, traceparent)`,
    values: [
      notices.map((item) => item.orderId),
      notices.map((item) => item.eventType),
      notices.map((item) => item.eventId),
      notices.map((item) => item.messageId ?? null),
      notices.map((item) => item.template),
      notices.map((item) => item.headline),
      notices.map((item) => item.line),
      notices.map((item) => item.occurredAt),
      notices.map((item) => item.correlationId),
      notices.map((item) => item.traceparent ?? null),
    ],
  });
}

/** Assigns a message to waiting notices of locked orders. */
export async function addressNotices(
  tx: Transaction,
  orders: readonly { readonly orderId: string; readonly messageId: string }[],
): Promise<void> {
  if (orders.length === 0) return;
  await tx.query({
    name: "notices-address",
    text: `UPDATE notices AS n SET message_id = o.message_id FROM unnest($1::uuid[], $2::uuid[]) AS o(order_id, message_id)
            WHERE n.order_id = o.order_id AND n.message_id IS NULL`,
    values: [orders.map((item) => item.orderId), orders.map((item) => item.messageId)],
  });
}

/** A notice in the form that its message needs. */
export interface ToldNotice
  extends Pick<Notice, "orderId" | "eventType" | "template" | "headline" | "line" | "occurredAt"> {
  readonly messageId: string;
  /** The cause of its event. */
  readonly cause: Cause;
}

/** Returns the notices of closed messages, by message, in order of time. */
export async function noticesOfMessages(
  db: Queryable,
  messageIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ToldNotice[]>> {
  const rows = await db.query<{
    message_id: string;
    order_id: string;
    event_type: string;
    event_id: string;
    template: string;
    headline: string;
    line: string;
    occurred_at: Date;
    correlation_id: string;
    traceparent: string | null;
  }>({
    name: "notices-of-messages",
    text: `SELECT message_id, order_id, event_type, event_id, template, headline, line, occurred_at, correlation_id, traceparent
             FROM notices WHERE message_id = ANY($1::uuid[]) ORDER BY occurred_at, order_id, event_type`,
    values: [messageIds],
  });
  const told = rows.map((row): ToldNotice => {
    const trace = parseTraceparent(row.traceparent ?? undefined);
    return {
      messageId: row.message_id,
      orderId: row.order_id,
      eventType: row.event_type,
      template: row.template,
      headline: row.headline,
      line: row.line,
      occurredAt: row.occurred_at.getTime(),
      cause: {
        correlationId: row.correlation_id,
        causationId: row.event_id,
        ...(trace === undefined ? {} : { trace }),
      },
    };
  });
  return Map.groupBy(told, (notice) => notice.messageId);
}
