/**
 * SQL of the tables stock and reservations. The conditional update is the truth about what can be
 * reserved; its constraints hold whatever the code does.
 */
import type { Queryable, Row, Transaction } from "../../lib/database.ts";
import type { OrderedItem } from "./orders.ts";

export type ReservationStatus = "reserved" | "insufficient" | "released" | "sold" | "cancelled";

export interface Reservation {
  readonly orderId: string;
  readonly status: ReservationStatus;
  readonly reservationId?: string;
  readonly items: readonly OrderedItem[];
}

/** One product's stock. */
export interface Stock {
  readonly productId: string;
  readonly initial: number;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/** A product with too few pieces. */
export interface Shortage {
  readonly productId: string;
  readonly requested: number;
  readonly available: number;
}

interface ReservationRow extends Row {
  readonly order_id: string;
  readonly status: ReservationStatus;
  readonly reservation_id: string | null;
  readonly items: readonly OrderedItem[];
}

function columns(items: readonly OrderedItem[]): readonly [readonly string[], readonly number[]] {
  const sorted = items.toSorted((a, b) => (a.productId < b.productId ? -1 : 1));
  return [sorted.map((item) => item.productId), sorted.map((item) => item.quantity)];
}

/** Locks the products' rows in the order of their ids, the one order everybody uses. */
export async function lockStock(tx: Transaction, productIds: readonly string[]): Promise<void> {
  await tx.query({
    name: "stock-lock",
    text: "SELECT 1 FROM stock WHERE product_id = ANY($1::text[]) ORDER BY product_id FOR UPDATE",
    values: [productIds],
  });
}

/** Products of the reservations of these orders. */
export async function reservedProducts(db: Queryable, orderIds: readonly string[]): Promise<readonly string[]> {
  const rows = await db.query<{ product_id: string }>({
    name: "reservations-products",
    text: `SELECT DISTINCT item ->> 'productId' AS product_id FROM reservations, jsonb_array_elements(items) AS item
            WHERE order_id = ANY($1::uuid[]) AND status = 'reserved'`,
    values: [orderIds],
  });
  return rows.map((row) => row.product_id);
}

/** Sets everything aside or nothing: no shortages means that it is done. */
export async function takeStock(tx: Transaction, items: readonly OrderedItem[]): Promise<readonly Shortage[]> {
  const rows = await tx.query<{ product_id: string; requested: number; available: number | null }>({
    name: "stock-take",
    text: `WITH wanted AS (SELECT * FROM unnest($1::text[], $2::int[]) AS w(product_id, quantity)),
           short AS (
             SELECT w.product_id, w.quantity AS requested, s.available FROM wanted w LEFT JOIN stock s USING (product_id)
              WHERE s.product_id IS NULL OR s.available < w.quantity),
           taken AS (
             UPDATE stock s SET available = s.available - w.quantity, reserved = s.reserved + w.quantity, updated_at = clock_timestamp()
               FROM wanted w WHERE s.product_id = w.product_id AND NOT EXISTS (SELECT 1 FROM short))
           SELECT product_id, requested, available FROM short ORDER BY product_id`,
    values: [...columns(items)],
  });
  return rows.map((row) => ({ productId: row.product_id, requested: row.requested, available: row.available ?? 0 }));
}

/** Gives reserved pieces back. */
export async function returnStock(tx: Transaction, items: readonly OrderedItem[]): Promise<void> {
  await tx.query({
    name: "stock-return",
    text: `UPDATE stock s SET available = s.available + w.quantity, reserved = s.reserved - w.quantity, updated_at = clock_timestamp()
             FROM unnest($1::text[], $2::int[]) AS w(product_id, quantity) WHERE s.product_id = w.product_id`,
    values: [...columns(items)],
  });
}

/** Turns reserved pieces into sold ones. */
export async function sellStock(tx: Transaction, items: readonly OrderedItem[]): Promise<void> {
  await tx.query({
    name: "stock-sell",
    text: `UPDATE stock s SET reserved = s.reserved - w.quantity, sold = s.sold + w.quantity, updated_at = clock_timestamp()
             FROM unnest($1::text[], $2::int[]) AS w(product_id, quantity) WHERE s.product_id = w.product_id`,
    values: [...columns(items)],
  });
}

/** The reservation of an order, locked until the transaction ends. */
export async function lockReservation(tx: Transaction, orderId: string): Promise<Reservation | undefined> {
  const [row] = await tx.query<ReservationRow>({
    name: "reservation-lock",
    text: "SELECT order_id, status, reservation_id, items FROM reservations WHERE order_id = $1 FOR UPDATE",
    values: [orderId],
  });
  return row === undefined ? undefined : {
    orderId: row.order_id, status: row.status, items: row.items, ...(row.reservation_id === null ? {} : { reservationId: row.reservation_id }),
  };
}

/** Enters an order's reservation or tombstone; false when there already is one. */
export async function insertReservation(tx: Transaction, reservation: Reservation): Promise<boolean> {
  const rows = await tx.query({
    name: "reservation-insert",
    text: "INSERT INTO reservations (order_id, status, reservation_id, items) VALUES ($1, $2, $3, $4) ON CONFLICT (order_id) DO NOTHING RETURNING order_id",
    values: [reservation.orderId, reservation.status, reservation.reservationId ?? null, JSON.stringify(reservation.items)],
  });
  return rows.length > 0;
}

export async function markReservation(tx: Transaction, orderId: string, status: ReservationStatus): Promise<void> {
  await tx.query({
    name: "reservation-mark",
    text: "UPDATE reservations SET status = $2, updated_at = clock_timestamp() WHERE order_id = $1",
    values: [orderId, status],
  });
}

/** Stock of products, all when none is named, sorted by id. */
export async function readStock(db: Queryable, productIds?: readonly string[]): Promise<readonly Stock[]> {
  const rows = await db.query<{ product_id: string; initial: number; available: number; reserved: number; sold: number }>({
    name: "stock-read",
    text: "SELECT product_id, initial, available, reserved, sold FROM stock WHERE $1::text[] IS NULL OR product_id = ANY($1) ORDER BY product_id",
    values: [productIds ?? null],
  });
  return rows.map(({ product_id: productId, ...rest }) => ({ productId, ...rest }));
}
