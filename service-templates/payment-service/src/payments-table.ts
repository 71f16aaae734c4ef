/** SQL of the table payments. */

import { ServiceError } from "@event-platform-kit/service/errors";
import type { Queryable, Row, Transaction } from "@event-platform-kit/service/storage/database";

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
  /** Present after a refund. */
  readonly refundId?: string;
  readonly reason?: string;
  readonly providerCode?: string;
}

interface PaymentRow extends Row {
  readonly order_id: string;
  readonly status: PaymentStatus;
  readonly transaction_id: string | null;
  readonly customer_id: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly refund_id: string | null;
  readonly reason: string | null;
  readonly provider_code: string | null;
}

const COLUMNS = "order_id, status, transaction_id, customer_id, amount, currency, refund_id, reason, provider_code";

function toPayment(row: PaymentRow): Payment {
  return {
    orderId: row.order_id,
    status: row.status,
    ...(row.transaction_id === null ? {} : { transactionId: row.transaction_id }),
    ...(row.customer_id === null ? {} : { customerId: row.customer_id }),
    ...(row.amount === null ? {} : { amount: Number(row.amount) }),
    ...(row.currency === null ? {} : { currency: row.currency }),
    ...(row.refund_id === null ? {} : { refundId: row.refund_id }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.provider_code === null ? {} : { providerCode: row.provider_code }),
  };
}

/** The state of an order before the handler acts on it. */
export interface PaymentLook {
  /** Absent if there is neither a payment nor a tombstone. */
  readonly status?: PaymentStatus;
  /** The database's time, milliseconds since the epoch. */
  readonly now: number;
}

/** Returns the state of orders, one result each, in their order. */
export async function lookAtPayments(db: Queryable, orderIds: readonly string[]): Promise<readonly PaymentLook[]> {
  const rows = await db.query<{ status: PaymentStatus | null; now: number }>({
    name: "payments-look",
    text: `SELECT p.status, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
             FROM unnest($1::uuid[]) WITH ORDINALITY AS o(order_id, place) LEFT JOIN payments p USING (order_id) ORDER BY o.place`,
    values: [orderIds],
  });
  return rows.map(({ status, now }) => ({ now, ...(status === null ? {} : { status }) }));
}

/** Returns payments and tombstones by order. Locks them until the transaction ends, always in the order of their ids. */
export async function lockPayments(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, Payment>> {
  const rows = await tx.query<PaymentRow>({
    name: "payments-lock",
    text: `SELECT ${COLUMNS} FROM payments WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE`,
    values: [orderIds],
  });
  return new Map(rows.map((row) => [row.order_id, toPayment(row)]));
}

/**
 * Stores payments of orders that had none, in one statement; throws SVC_BATCH_OVERTAKEN if another instance stored one
 * meanwhile.
 */
export async function insertPayments(tx: Transaction, payments: readonly Payment[]): Promise<void> {
  if (payments.length === 0) return;
  const rows = await tx.query({
    name: "payments-insert",
    text: `INSERT INTO payments (order_id, status, transaction_id, customer_id, amount, currency, refund_id, reason, provider_code)
           SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::uuid[], $8::text[], $9::text[])
           ON CONFLICT (order_id) DO NOTHING RETURNING order_id`,
    values: [
      payments.map((payment) => payment.orderId),
      payments.map((payment) => payment.status),
      payments.map((payment) => payment.transactionId ?? null),
      payments.map((payment) => payment.customerId ?? null),
      payments.map((payment) => payment.amount ?? null),
      payments.map((payment) => payment.currency ?? null),
      payments.map((payment) => payment.refundId ?? null),
      payments.map((payment) => payment.reason ?? null),
      payments.map((payment) => payment.providerCode ?? null),
    ],
  });
  if (rows.length < payments.length) {
    throw new ServiceError(
      "SVC_BATCH_OVERTAKEN",
      `${payments.length - rows.length} of ${payments.length} new payments were written by another instance`,
    );
  }
}

/**
 * Stores the new states of payments, in one statement. A tombstone whose order turns out to be captured gets the data
 * of the capture.
 */
export async function updatePayments(tx: Transaction, payments: readonly Payment[]): Promise<void> {
  if (payments.length === 0) return;
  await tx.query({
    name: "payments-update",
    text: `UPDATE payments p SET status = c.status, refund_id = c.refund_id, reason = c.reason, updated_at = clock_timestamp(),
                  transaction_id = coalesce(p.transaction_id, c.transaction_id), customer_id = coalesce(p.customer_id, c.customer_id),
                  amount = coalesce(p.amount, c.amount), currency = coalesce(p.currency, c.currency)
             FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::bigint[], $8::text[])
                  AS c(order_id, status, refund_id, reason, transaction_id, customer_id, amount, currency) WHERE p.order_id = c.order_id`,
    values: [
      payments.map((payment) => payment.orderId),
      payments.map((payment) => payment.status),
      payments.map((payment) => payment.refundId ?? null),
      payments.map((payment) => payment.reason ?? null),
      payments.map((payment) => payment.transactionId ?? null),
      payments.map((payment) => payment.customerId ?? null),
      payments.map((payment) => payment.amount ?? null),
      payments.map((payment) => payment.currency ?? null),
    ],
  });
}
