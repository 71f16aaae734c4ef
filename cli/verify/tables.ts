/**
 * Reads services' tables with narrow columns and a server-side cursor, each database in one snapshot.
 * Tables are looked up first: a service that is older or lacks one is read as far as it goes.
 */
import type { ServerAccess } from "../platform-access.ts";
import type {
  DeadLetterAction,
  DeadLetterRow,
  Evidence,
  IdempotencyRow,
  InboxRow,
  LedgerRow,
  MessagingTables,
  OrderRow,
  OutboxRow,
  ParkedRow,
  PaymentRow,
  ReservationRow,
  ReservedPieces,
  ShipmentRow,
  StockRow,
} from "./evidence.ts";
import { readAnalytics, readNotification } from "./follower-tables.ts";
import type { Columns, Snapshot } from "./table-snapshot.ts";
import { ms, number, openSnapshot, optional, text } from "./table-snapshot.ts";
import { textOf } from "./topic-dump.ts";

/** Parts of the evidence that one service each has. */
type Domain = "orders" | "payments" | "inventory" | "shipping" | "analytics" | "notification";

/** What the databases hold of the evidence. */
export type TableEvidence = Pick<Evidence, Domain> & { readonly messaging: readonly MessagingTables[] };

/** Reads all services' databases at the same time. */
export async function readTables(access: ServerAccess, onProgress: (rows: number) => void): Promise<TableEvidence> {
  let read = 0;
  const count = (rows: number): void => {
    read += rows;
    onProgress(read);
  };
  const parts = await Promise.all(access.services.map((service) => readService(access, service, count)));
  return {
    messaging: parts.map(({ messaging }) => messaging),
    ...Object.assign({}, ...parts.map(({ messaging: _messaging, ...domain }) => domain)),
  };
}

type ServiceEvidence = Pick<TableEvidence, Domain> & { readonly messaging: MessagingTables };

async function readService(
  access: ServerAccess,
  service: string,
  count: (rows: number) => void,
): Promise<ServiceEvidence> {
  const client = await access.database(service);
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const snapshot = await openSnapshot(client, count);
    const messaging = await readMessaging(snapshot, service);
    const [orders, payments, inventory, shipping] = [
      await readOrders(snapshot),
      await readPayments(snapshot),
      await readInventory(snapshot),
      await readShipping(snapshot),
    ];
    const [analytics, notification] = [await readAnalytics(snapshot), await readNotification(snapshot)];
    await client.query("COMMIT");
    return {
      messaging,
      ...(orders === undefined ? {} : { orders }),
      ...(payments === undefined ? {} : { payments }),
      ...(inventory === undefined ? {} : { inventory }),
      ...(shipping === undefined ? {} : { shipping }),
      ...(analytics === undefined ? {} : { analytics }),
      ...(notification === undefined ? {} : { notification }),
    };
  } finally {
    await client.end();
  }
}

async function readMessaging(snapshot: Snapshot, service: string): Promise<MessagingTables> {
  const outboxRow = ([position, eventId, topic, key, eventType, at]: Columns): OutboxRow => ({
    position: number(position),
    eventId: text(eventId),
    topic: text(topic),
    key: Buffer.isBuffer(key) ? textOf(key) : null,
    eventType: text(eventType),
    at: number(at),
  });
  const replayOf = snapshot.has("dead_letters", "replay_of") ? "replay_of" : "NULL";
  return {
    service,
    outbox: !snapshot.has("outbox")
      ? []
      : await snapshot.rows(
          `SELECT position::float8, event_id, topic, key, event_type, ${ms("created_at")} FROM outbox ORDER BY position`,
          outboxRow,
        ),
    published: !snapshot.has("outbox_published")
      ? []
      : await snapshot.rows(
          `SELECT position::float8, event_id, topic, key, event_type, ${ms("published_at")} FROM outbox_published`,
          outboxRow,
        ),
    inbox: !snapshot.has("inbox")
      ? []
      : await snapshot.rows(
          `SELECT event_id, event_type, topic, partition, "offset"::float8, ${ms("processed_at")}, xmin::text FROM inbox`,
          ([eventId, eventType, topic, partition, offset, processedAt, transaction]): InboxRow => ({
            eventId: text(eventId),
            eventType: text(eventType),
            topic: text(topic),
            partition: number(partition),
            offset: number(offset),
            processedAt: number(processedAt),
            transaction: text(transaction),
          }),
        ),
    deadLetters: !snapshot.has("dead_letters")
      ? []
      : await snapshot.rows(
          `SELECT letter_id, topic, partition, "offset"::float8, event_id, event_type, error_code, ${ms("failed_at")}, ${replayOf} FROM dead_letters ORDER BY failed_at`,
          ([letterId, topic, partition, offset, eventId, eventType, errorCode, failedAt, replayed]): DeadLetterRow => ({
            letterId: text(letterId),
            topic: text(topic),
            partition: number(partition),
            offset: number(offset),
            eventId: optional(eventId),
            eventType: text(eventType),
            errorCode: text(errorCode),
            failedAt: number(failedAt),
            replayOf: optional(replayed),
          }),
        ),
    parked: !snapshot.has("outbox_parked")
      ? []
      : await snapshot.rows(
          `SELECT event_id, topic, key, event_type, error_code, ${ms("parked_at")} FROM outbox_parked ORDER BY position`,
          ([eventId, topic, key, eventType, errorCode, parkedAt]): ParkedRow => ({
            eventId: text(eventId),
            topic: text(topic),
            key: Buffer.isBuffer(key) ? textOf(key) : null,
            eventType: text(eventType),
            errorCode: text(errorCode),
            parkedAt: number(parkedAt),
          }),
        ),
    discardedEvents: !snapshot.has("outbox_actions")
      ? []
      : await snapshot.rows("SELECT event_id FROM outbox_actions WHERE action = 'discard'", ([eventId]) =>
          text(eventId),
        ),
    actions: !snapshot.has("dead_letter_actions")
      ? []
      : await snapshot.rows(
          `SELECT letter_id, action, ${ms("at")} FROM dead_letter_actions ORDER BY at`,
          ([letterId, action, at]): DeadLetterAction => ({
            letterId: text(letterId),
            action: action === "discard" ? "discard" : "replay",
            at: number(at),
          }),
        ),
  };
}

async function readOrders(snapshot: Snapshot): Promise<Evidence["orders"]> {
  if (!snapshot.has("orders", "inventory") || !snapshot.has("idempotency_keys")) return undefined;
  return {
    rows: await snapshot.rows(
      `SELECT o.order_id, o.customer_id, o.status, o.payment, o.inventory, o.total_amount::float8, o.currency, ${ms("o.created_at")}, ${ms("s.at")}, o.reason
         FROM orders o LEFT JOIN order_steps s ON s.order_id = o.order_id AND s.name = CASE o.reason WHEN 'undeliverable' THEN 'order.confirmed' ELSE 'order.' || o.status END`,
      ([orderId, customerId, status, payment, inventory, total, currency, createdAt, endedAt, reason]): OrderRow => ({
        orderId: text(orderId),
        customerId: text(customerId),
        status: status === "confirmed" || status === "cancelled" ? status : "pending",
        payment: text(payment),
        inventory: text(inventory),
        total: number(total),
        currency: text(currency),
        createdAt: number(createdAt),
        endedAt: endedAt === null ? undefined : number(endedAt),
        ...(reason === null || reason === undefined ? {} : { reason: text(reason) }),
      }),
    ),
    keys: await snapshot.rows(
      "SELECT customer_id, key, order_id FROM idempotency_keys",
      ([customerId, key, orderId]): IdempotencyRow => ({
        customerId: text(customerId),
        key: text(key),
        orderId: text(orderId),
      }),
    ),
  };
}

async function readPayments(snapshot: Snapshot): Promise<Evidence["payments"]> {
  if (!snapshot.has("payments") || !snapshot.has("provider_ledger")) return undefined;
  return {
    rows: await snapshot.rows(
      "SELECT order_id, status FROM payments",
      ([orderId, status]): PaymentRow => ({ orderId: text(orderId), status: text(status) }),
    ),
    ledger: await snapshot.rows(
      "SELECT order_id, transaction_id, kind, amount::float8, currency FROM provider_ledger",
      ([orderId, transactionId, kind, amount, currency]): LedgerRow => ({
        orderId: text(orderId),
        transactionId: text(transactionId),
        kind: ledgerKind(text(kind)),
        amount: number(amount),
        currency: text(currency),
      }),
    ),
  };
}

function ledgerKind(kind: string): LedgerRow["kind"] {
  return kind === "capture" || kind === "decline" || kind === "refund" ? kind : "void";
}

async function readInventory(snapshot: Snapshot): Promise<Evidence["inventory"]> {
  if (!snapshot.has("stock") || !snapshot.has("reservations")) return undefined;
  return {
    stock: await snapshot.rows(
      "SELECT product_id, initial, available, reserved, sold FROM stock ORDER BY product_id",
      ([productId, initial, available, reserved, sold]): StockRow => ({
        productId: text(productId),
        initial: number(initial),
        available: number(available),
        reserved: number(reserved),
        sold: number(sold),
      }),
    ),
    reservations: await snapshot.rows(
      "SELECT order_id, status FROM reservations",
      ([orderId, status]): ReservationRow => ({ orderId: text(orderId), status: text(status) }),
    ),
    // Summed where the rows are: only the sums are compared.
    pieces: await snapshot.rows(
      `SELECT item ->> 'productId', status, sum((item ->> 'quantity')::int)::float8 FROM reservations, jsonb_array_elements(items) AS item
        WHERE status IN ('reserved', 'sold') GROUP BY 1, 2 ORDER BY 1, 2`,
      ([productId, status, pieces]): ReservedPieces => ({
        productId: text(productId),
        status: status === "sold" ? "sold" : "reserved",
        pieces: number(pieces),
      }),
    ),
  };
}

async function readShipping(snapshot: Snapshot): Promise<Evidence["shipping"]> {
  if (!snapshot.has("shipments", "order_id")) return undefined;
  const bookings = snapshot.has("carrier_bookings", "shipment_id")
    ? "(SELECT count(*)::int FROM carrier_bookings b WHERE b.shipment_id = s.shipment_id AND b.status = 'booked')"
    : "CASE WHEN status IN ('booked', 'dispatched', 'delivered') THEN 1 ELSE 0 END";
  return {
    shipments: await snapshot.rows(
      `SELECT order_id, status, ${bookings} FROM shipments s`,
      ([orderId, status, booked]): ShipmentRow => ({
        orderId: text(orderId),
        status: text(status),
        bookings: number(booked),
      }),
    ),
  };
}
