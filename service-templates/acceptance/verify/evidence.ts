/**
 * Evidence for the sample's invariants, in addition to the general evidence. Times are milliseconds since the epoch,
 * amounts minor units.
 */

import type { Evidence, JudgeContext } from "../../../cli/project/verification.ts";
import type { EventContent } from "./event-content.ts";
import type { AnalyticsTables, NotificationTables } from "./follower-evidence.ts";

/** A row of orders, with the time of the step that led to its terminal state. */
export interface OrderRow {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: "pending" | "confirmed" | "cancelled";
  readonly payment: string;
  readonly inventory: string;
  /** Reason of the cancellation; absent otherwise. */
  readonly reason?: string;
  readonly total: number;
  readonly currency: string;
  readonly createdAt: number;
  /**
   * Time of the confirmation or cancellation. An order that no carrier accepted has both; then it is the time of the
   * confirmation.
   */
  readonly endedAt: number | undefined;
}

/** A row of idempotency_keys. */
export interface IdempotencyRow {
  readonly customerId: string;
  readonly key: string;
  readonly orderId: string;
}

/** A row of payments. */
export interface PaymentRow {
  readonly orderId: string;
  readonly status: string;
}

/** A movement in the provider's ledger. */
export interface LedgerRow {
  readonly orderId: string;
  readonly transactionId: string;
  readonly kind: "capture" | "decline" | "refund" | "void";
  readonly amount: number;
  readonly currency: string;
}

/** A row of stock. */
export interface StockRow {
  readonly productId: string;
  readonly initial: number;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/** A row of reservations. */
export interface ReservationRow {
  readonly orderId: string;
  readonly status: string;
}

/** Pieces of a product in reservations of one status. */
export interface ReservedPieces {
  readonly productId: string;
  readonly status: "reserved" | "sold";
  readonly pieces: number;
}

/** A shipment. */
export interface ShipmentRow {
  readonly orderId: string;
  readonly status: string;
  /** Its bookings in the carriers' tables. */
  readonly bookings: number;
}

/** The services' own tables; tables of services that are not deployed are absent. */
export interface SampleTables {
  readonly orders: { readonly rows: readonly OrderRow[]; readonly keys: readonly IdempotencyRow[] };
  readonly payments: { readonly rows: readonly PaymentRow[]; readonly ledger: readonly LedgerRow[] };
  readonly inventory: {
    readonly stock: readonly StockRow[];
    readonly reservations: readonly ReservationRow[];
    readonly pieces: readonly ReservedPieces[];
  };
  readonly shipping: { readonly shipments: readonly ShipmentRow[] };
  readonly analytics: AnalyticsTables;
  readonly notification: NotificationTables;
}

/** The evidence with the sample's tables and the contents of its events. */
export type SampleEvidence = Evidence<SampleTables, EventContent>;

/** Input of the sample's invariants. */
export type SampleContext = JudgeContext<SampleTables, EventContent>;
