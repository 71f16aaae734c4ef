/** Reads the services' own tables, as far as they exist in a database. */

import type { Snapshot } from "../../../cli/project/verification.ts";
import { ms, number, text } from "../../../cli/project/verification.ts";
import type {
  IdempotencyRow,
  LedgerRow,
  OrderRow,
  PaymentRow,
  ReservationRow,
  ReservedPieces,
  SampleTables,
  ShipmentRow,
  StockRow,
} from "./evidence.ts";
import { readAnalytics, readNotification } from "./follower-tables.ts";

/** Returns the parts of the evidence that are in one database. */
export async function readSampleTables(snapshot: Snapshot): Promise<Partial<SampleTables>> {
  const [orders, payments, inventory, shipping] = [
    await readOrders(snapshot),
    await readPayments(snapshot),
    await readInventory(snapshot),
    await readShipping(snapshot),
  ];
  const [analytics, notification] = [await readAnalytics(snapshot), await readNotification(snapshot)];
  return {
    ...(orders === undefined ? {} : { orders }),
    ...(payments === undefined ? {} : { payments }),
    ...(inventory === undefined ? {} : { inventory }),
    ...(shipping === undefined ? {} : { shipping }),
    ...(analytics === undefined ? {} : { analytics }),
    ...(notification === undefined ? {} : { notification }),
  };
}

async function readOrders(snapshot: Snapshot): Promise<SampleTables["orders"] | undefined> {
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

async function readPayments(snapshot: Snapshot): Promise<SampleTables["payments"] | undefined> {
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

async function readInventory(snapshot: Snapshot): Promise<SampleTables["inventory"] | undefined> {
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
    // Summed in the database: only the sums are compared.
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

async function readShipping(snapshot: Snapshot): Promise<SampleTables["shipping"] | undefined> {
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
