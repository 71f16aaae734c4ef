/** SQL of the table payments. */
import type { Queryable, Row, Transaction } from "../../lib/database.ts";

export type PaymentStatus = "processed" | "failed" | "refunded" | "cancelled";

export interface Payment {
  readonly orderId: string;
  readonly status: PaymentStatus;
  /** Absent on a tombstone. */
  readonly transactionId?: string;
  readonly customerId?: string;
  /** Minor units; absent on a tombstone. */
  readonly amount?: number;
  readonly currency?: string;
}

interface PaymentRow extends Row {
  readonly order_id: string;
  readonly status: PaymentStatus;
  readonly transaction_id: string | null;
  readonly customer_id: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
}

function toPayment(row: PaymentRow): Payment {
  return {
    orderId: row.order_id,
    status: row.status,
    ...(row.transaction_id === null ? {} : { transactionId: row.transaction_id }),
    ...(row.customer_id === null ? {} : { customerId: row.customer_id }),
    ...(row.amount === null ? {} : { amount: Number(row.amount) }),
    ...(row.currency === null ? {} : { currency: row.currency }),
  };
}

/** The payment of an order, when there is one or a tombstone. */
export async function findPayment(db: Queryable, orderId: string): Promise<Payment | undefined> {
  const [row] = await db.query<PaymentRow>({
    name: "payment-find",
    text: "SELECT order_id, status, transaction_id, customer_id, amount, currency FROM payments WHERE order_id = $1",
    values: [orderId],
  });
  return row === undefined ? undefined : toPayment(row);
}

/** The same, locked until the transaction ends. */
export async function lockPayment(tx: Transaction, orderId: string): Promise<Payment | undefined> {
  const [row] = await tx.query<PaymentRow>({
    name: "payment-lock",
    text: "SELECT order_id, status, transaction_id, customer_id, amount, currency FROM payments WHERE order_id = $1 FOR UPDATE",
    values: [orderId],
  });
  return row === undefined ? undefined : toPayment(row);
}

export interface NewPayment extends Required<Omit<Payment, "status">> {
  readonly status: "processed" | "failed";
  readonly reason?: string;
  readonly providerCode?: string;
}

/** Stores a payment's outcome; false when the order already has a row: a payment or a tombstone. */
export async function insertPayment(tx: Transaction, payment: NewPayment): Promise<boolean> {
  const rows = await tx.query({
    name: "payment-insert",
    text: `INSERT INTO payments (order_id, status, transaction_id, customer_id, amount, currency, reason, provider_code)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (order_id) DO NOTHING RETURNING order_id`,
    values: [
      payment.orderId, payment.status, payment.transactionId, payment.customerId, payment.amount, payment.currency,
      payment.reason ?? null, payment.providerCode ?? null,
    ],
  });
  return rows.length > 0;
}

/** Notes that the order was cancelled before anything was captured; false when a row came in between. */
export async function insertTombstone(tx: Transaction, orderId: string, reason: string): Promise<boolean> {
  const rows = await tx.query({
    name: "payment-tombstone",
    text: "INSERT INTO payments (order_id, status, reason) VALUES ($1, 'cancelled', $2) ON CONFLICT (order_id) DO NOTHING RETURNING order_id",
    values: [orderId, reason],
  });
  return rows.length > 0;
}

/** Marks a captured payment as given back. */
export async function markRefunded(tx: Transaction, orderId: string, refundId: string, reason: string): Promise<void> {
  await tx.query({
    name: "payment-refund",
    text: "UPDATE payments SET status = 'refunded', refund_id = $2, reason = $3, updated_at = clock_timestamp() WHERE order_id = $1",
    values: [orderId, refundId, reason],
  });
}
