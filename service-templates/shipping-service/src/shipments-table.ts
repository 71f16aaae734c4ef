/**
 * SQL of the table shipments. The database's clock decides when something is due: the clocks of instances may differ by
 * minutes, and an instance whose clock is ahead would take what another has claimed.
 */

import type { Cause } from "@event-platform-kit/service/events/envelope";
import type { Queryable, Row, Transaction } from "@event-platform-kit/service/storage/database";
import { parseTraceparent } from "@event-platform-kit/service/trace";
import type { Progress } from "./booking/decide.ts";
import type { CarrierName } from "./carriers/carrier.ts";
import type { ConfirmedItem } from "./events.generated.ts";
import type { UnderWay } from "./tracking/decide.ts";

export type ShipmentStatus = "waiting" | UnderWay | "delivered" | "undeliverable";

/** The constant data of a shipment. */
export interface Shipment {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly shippingAddress: string;
  readonly items: readonly ConfirmedItem[];
  /** The cause of its events. */
  readonly cause: Cause;
}

export interface NewShipment extends Omit<Shipment, "cause"> {
  readonly carrier: CarrierName;
  readonly correlationId: string;
  readonly causationId: string;
  readonly traceparent?: string;
}

/** Stores shipments that wait for a booking; returns the number of new ones. Shipments of known orders stay unchanged. */
export async function insertShipments(tx: Transaction, shipments: readonly NewShipment[]): Promise<number> {
  const rows = await tx.query({
    name: "shipments-insert",
    // Sorted, so that two instances with the same orders cannot deadlock.
    text: `INSERT INTO shipments (shipment_id, order_id, customer_id, shipping_address, items, carrier, correlation_id, causation_id, traceparent, next_at, created_at)
           SELECT s.shipment_id, s.order_id, s.customer_id, s.shipping_address, s.items, s.carrier, s.correlation_id, s.causation_id, s.traceparent,
                  clock_timestamp(), clock_timestamp()
             FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::text[], $8::uuid[], $9::text[])
                  AS s(shipment_id, order_id, customer_id, shipping_address, items, carrier, correlation_id, causation_id, traceparent)
            ORDER BY s.shipment_id
           ON CONFLICT DO NOTHING RETURNING shipment_id`,
    values: [
      shipments.map((item) => item.shipmentId),
      shipments.map((item) => item.orderId),
      shipments.map((item) => item.customerId),
      shipments.map((item) => item.shippingAddress),
      shipments.map((item) => JSON.stringify(item.items)),
      shipments.map((item) => item.carrier),
      shipments.map((item) => item.correlationId),
      shipments.map((item) => item.causationId),
      shipments.map((item) => item.traceparent ?? null),
    ],
  });
  return rows.length;
}

interface ShipmentRow extends Row {
  readonly shipment_id: string;
  readonly order_id: string;
  readonly customer_id: string;
  readonly shipping_address: string;
  readonly items: readonly ConfirmedItem[];
  readonly correlation_id: string;
  readonly causation_id: string;
  readonly traceparent: string | null;
}

function toShipment(row: ShipmentRow): Shipment {
  const trace = parseTraceparent(row.traceparent ?? undefined);
  return {
    shipmentId: row.shipment_id,
    orderId: row.order_id,
    customerId: row.customer_id,
    shippingAddress: row.shipping_address,
    items: row.items,
    cause: {
      correlationId: row.correlation_id,
      causationId: row.causation_id,
      ...(trace === undefined ? {} : { trace }),
    },
  };
}

/** A shipment that only this instance may book until its claim expires. */
export interface Claimed extends Shipment {
  readonly claim: number;
  /** State before the claim. */
  readonly progress: Progress;
}

/** Which waiting shipments to claim. */
export interface ClaimPlan {
  readonly carrier: CarrierName;
  readonly limit: number;
  /** How long other instances skip them, in milliseconds. */
  readonly leaseMs: number;
}

/**
 * Claims due waiting shipments, in a transaction of its own. From then on they count as in doubt: if this process ends
 * before it has stored the answer, the next one knows that the carrier may have been called.
 */
export async function claimWaiting(db: Queryable, plan: ClaimPlan): Promise<readonly Claimed[]> {
  const rows = await db.query<
    ShipmentRow & {
      claims: number;
      turn: number;
      attempts: number;
      failures: number;
      was_in_doubt: boolean;
      rejected_by: CarrierName[];
    }
  >({
    name: "shipments-claim",
    text: `WITH due AS (
             SELECT shipment_id, in_doubt FROM shipments WHERE status = 'waiting' AND carrier = $1 AND next_at <= statement_timestamp()
              ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           UPDATE shipments AS s SET in_doubt = true, claims = s.claims + 1, next_at = clock_timestamp() + $3 * interval '1 millisecond'
             FROM due WHERE s.shipment_id = due.shipment_id
           RETURNING s.shipment_id, s.order_id, s.customer_id, s.shipping_address, s.items, s.correlation_id, s.causation_id, s.traceparent,
                     s.claims, s.turn, s.attempts, s.failures, s.rejected_by, due.in_doubt AS was_in_doubt`,
    values: [plan.carrier, plan.limit, plan.leaseMs],
  });
  return rows.map((row) => ({
    ...toShipment(row),
    claim: row.claims,
    progress: {
      carrier: plan.carrier,
      turn: row.turn,
      attempts: row.attempts,
      failures: row.failures,
      inDoubt: row.was_in_doubt,
      rejectedBy: row.rejected_by,
    },
  }));
}

/** Result of a claimed shipment. */
export interface BookingResult {
  readonly shipmentId: string;
  readonly claim: number;
  readonly status: "waiting" | "booked" | "undeliverable";
  readonly progress: Progress;
  /** When it is due next: after this many milliseconds, or at a time that the carrier named. */
  readonly next: { readonly inMs: number } | { readonly at: number };
  readonly trackingNumber?: string;
}

/** Stores the results of claimed shipments and ends their claims; returns the ids of those whose claim was still valid. */
export async function storeBookings(tx: Transaction, results: readonly BookingResult[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ shipment_id: string }>({
    name: "shipments-booked",
    text: `UPDATE shipments AS s
              SET status = r.status, carrier = r.carrier, turn = r.turn, attempts = r.attempts, failures = r.failures, in_doubt = r.in_doubt,
                  rejected_by = r.rejected_by, next_at = coalesce(to_timestamp(r.next_at / 1000.0), clock_timestamp() + r.next_in * interval '1 millisecond'), tracking_number = r.tracking_number,
                  booked_at = CASE r.status WHEN 'booked' THEN clock_timestamp() END
             FROM jsonb_to_recordset($1::jsonb) AS r(shipment_id uuid, claim integer, status text, carrier text, turn integer, attempts integer,
                  failures integer, in_doubt boolean, rejected_by text[], next_at double precision, next_in double precision, tracking_number text)
            WHERE s.shipment_id = r.shipment_id AND s.claims = r.claim AND s.status = 'waiting'
           RETURNING s.shipment_id`,
    values: [
      JSON.stringify(
        results.map(({ shipmentId, claim, status, progress, next, trackingNumber }) => ({
          shipment_id: shipmentId,
          claim,
          status,
          carrier: progress.carrier,
          turn: progress.turn,
          attempts: progress.attempts,
          failures: progress.failures,
          in_doubt: progress.inDoubt,
          rejected_by: progress.rejectedBy,
          ...("at" in next ? { next_at: next.at } : { next_in: next.inMs }),
          tracking_number: trackingNumber ?? null,
        })),
      ),
    ],
  });
  return new Set(rows.map((row) => row.shipment_id));
}

/** A shipment that the carrier has booked. */
export interface Tracked extends Shipment {
  readonly status: UnderWay;
  readonly trackingNumber: string;
}

/** Locks shipments in transit whose tracking is due; skips those that another instance has locked. */
export async function lockUnderWay(tx: Transaction, carrier: CarrierName, limit: number): Promise<readonly Tracked[]> {
  const rows = await tx.query<ShipmentRow & { status: UnderWay; tracking_number: string }>({
    name: "shipments-under-way",
    text: `SELECT shipment_id, order_id, customer_id, shipping_address, items, correlation_id, causation_id, traceparent, status, tracking_number
             FROM shipments WHERE status IN ('booked', 'dispatched') AND carrier = $1 AND next_at <= statement_timestamp()
            ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
    values: [carrier, limit],
  });
  return rows.map((row) => ({ ...toShipment(row), status: row.status, trackingNumber: row.tracking_number }));
}

/** New state of a tracked shipment. */
export interface TrackingResult {
  readonly shipmentId: string;
  readonly status: UnderWay | "delivered";
  /** Milliseconds after which it is due again, at the earliest. */
  readonly inMs: number;
  /** Not due before this time, which the carrier named. */
  readonly notBefore?: number;
  readonly dispatchedAt?: number;
  readonly deliveredAt?: number;
}

/** Stores the new states of locked shipments. */
export async function storeTracking(tx: Transaction, results: readonly TrackingResult[]): Promise<void> {
  await tx.query({
    name: "shipments-tracked",
    text: `UPDATE shipments AS s
              SET status = r.status, next_at = greatest(clock_timestamp() + r.in_ms * interval '1 millisecond', to_timestamp(r.not_before / 1000.0)),
                  dispatched_at = coalesce(s.dispatched_at, to_timestamp(r.dispatched_at / 1000.0)), delivered_at = to_timestamp(r.delivered_at / 1000.0)
             FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::float8[], $5::bigint[], $6::bigint[]) AS r(shipment_id, status, in_ms, not_before, dispatched_at, delivered_at)
            WHERE s.shipment_id = r.shipment_id`,
    values: [
      results.map((item) => item.shipmentId),
      results.map((item) => item.status),
      results.map((item) => item.inMs),
      results.map((item) => item.notBefore ?? null),
      results.map((item) => item.dispatchedAt ?? null),
      results.map((item) => item.deliveredAt ?? null),
    ],
  });
}

/** Returns the number of shipments that wait for a booking, and the age of the oldest in seconds; 0 if there is none. */
export async function waitingShipments(
  db: Queryable,
): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
  const [row] = await db.query<{ count: string; oldest: string | null }>({
    text: "SELECT count(*) AS count, extract(epoch FROM clock_timestamp() - min(created_at)) AS oldest FROM shipments WHERE status = 'waiting'",
  });
  return { count: Number(row?.count ?? 0), oldestSeconds: Math.max(0, Number(row?.oldest ?? 0)) };
}
