/**
 * SQL of the tables stock and reservations. The locked row of a product determines what can be reserved; the table's
 * constraints hold regardless of the code.
 */

import { ServiceError } from "@event-platform-kit/service/errors";
import type { Queryable, Row, Transaction } from "@event-platform-kit/service/storage/database";

/** A quantity of one product. */
export interface OrderedItem {
  readonly productId: string;
  readonly quantity: number;
}

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

/** A product whose stock is too low. */
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

/** Locks the products' rows in the order of their ids, as all code does; returns the available quantity of each. */
export async function lockStock(tx: Transaction, productIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ product_id: string; available: number }>({
    name: "stock-lock",
    // The cast is needed because a column that is widened to bigint would be returned as text.
    text: "SELECT product_id, available::int FROM stock WHERE product_id = ANY($1::text[]) ORDER BY product_id FOR UPDATE",
    values: [productIds],
  });
  return new Map(rows.map((row) => [row.product_id, row.available]));
}

/** Signed changes of one product's three columns; they add up to 0. */
export interface StockMove {
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/** Applies changes to locked products, in one statement regardless of the number of orders. */
export async function moveStock(tx: Transaction, moves: ReadonlyMap<string, StockMove>): Promise<void> {
  if (moves.size === 0) return;
  await tx.query({
    name: "stock-move",
    text: `UPDATE stock s SET available = s.available + m.available, reserved = s.reserved + m.reserved, sold = s.sold + m.sold, updated_at = clock_timestamp()
             FROM unnest($1::text[], $2::int[], $3::int[], $4::int[]) AS m(product_id, available, reserved, sold) WHERE s.product_id = m.product_id`,
    values: [
      [...moves.keys()],
      [...moves.values()].map((move) => move.available),
      [...moves.values()].map((move) => move.reserved),
      [...moves.values()].map((move) => move.sold),
    ],
  });
}

/** Returns reservations and tombstones by order. Locks them until the transaction ends, always in the order of their ids. */
export async function lockReservations(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, Reservation>> {
  const rows = await tx.query<ReservationRow>({
    name: "reservations-lock",
    text: "SELECT order_id, status, reservation_id, items FROM reservations WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE",
    values: [orderIds],
  });
  return new Map(
    rows.map((row) => [
      row.order_id,
      {
        orderId: row.order_id,
        status: row.status,
        items: row.items,
        ...(row.reservation_id === null ? {} : { reservationId: row.reservation_id }),
      },
    ]),
  );
}

/**
 * Inserts reservations and tombstones of orders that had none, in one statement; throws SVC_BATCH_OVERTAKEN if another
 * instance stored one meanwhile.
 */
export async function insertReservations(tx: Transaction, reservations: readonly Reservation[]): Promise<void> {
  if (reservations.length === 0) return;
  const rows = await tx.query({
    name: "reservations-insert",
    text: `INSERT INTO reservations (order_id, status, reservation_id, items)
           SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::jsonb[]) ON CONFLICT (order_id) DO NOTHING RETURNING order_id`,
    values: [
      reservations.map((reservation) => reservation.orderId),
      reservations.map((reservation) => reservation.status),
      reservations.map((reservation) => reservation.reservationId ?? null),
      reservations.map((reservation) => JSON.stringify(reservation.items)),
    ],
  });
  if (rows.length < reservations.length) {
    throw new ServiceError(
      "SVC_BATCH_OVERTAKEN",
      `${reservations.length - rows.length} of ${reservations.length} new reservations were written by another instance`,
    );
  }
}

/** Stores the new states of reservations, in one statement. */
export async function updateReservations(tx: Transaction, reservations: readonly Reservation[]): Promise<void> {
  if (reservations.length === 0) return;
  await tx.query({
    name: "reservations-update",
    text: `UPDATE reservations r SET status = c.status, updated_at = clock_timestamp()
             FROM unnest($1::uuid[], $2::text[]) AS c(order_id, status) WHERE r.order_id = c.order_id`,
    values: [
      reservations.map((reservation) => reservation.orderId),
      reservations.map((reservation) => reservation.status),
    ],
  });
}

/** Returns the stock of products, by default of all, sorted by id. */
export async function readStock(db: Queryable, productIds?: readonly string[]): Promise<readonly Stock[]> {
  const rows = await db.query<{
    product_id: string;
    initial: number;
    available: number;
    reserved: number;
    sold: number;
  }>({
    name: "stock-read",
    text: "SELECT product_id, initial::int, available::int, reserved::int, sold::int FROM stock WHERE $1::text[] IS NULL OR product_id = ANY($1) ORDER BY product_id",
    values: [productIds ?? null],
  });
  return rows.map(({ product_id: productId, ...rest }) => ({ productId, ...rest }));
}
