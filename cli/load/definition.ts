/** What a project adds to `kit chaos` and to benchmarks: the requests that customers send, and their outcomes. */
import type { PlatformAccess } from "../platform/platform-access.ts";
import type { WitnessedFault } from "../witness.ts";
import type { PlannedOrder } from "./open-loop.ts";

/** The terminal state of an order, from the services' databases. */
export interface OrderEnd {
  readonly orderId: string;
  readonly status: "confirmed" | "cancelled";
  /** Reason of the cancellation. */
  readonly reason?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Size of a load. */
export interface LoadSize {
  readonly ratePerSecond: number;
  readonly durationMs: number;
}

/**
 * A project's load. An *order* is a request that triggers events and reaches a terminal state later, whatever the project calls
 * it: confirmed if the customer got what was requested, else cancelled.
 */
export interface LoadDefinition {
  /** Path below the exposed service's address at which an order is posted, with an `Idempotency-Key`. */
  readonly path: string;
  /** Field of a 2xx answer that names the order. */
  readonly idField: string;
  /** Ensures that no order is cancelled for lack of a limited resource, for example stock. */
  prepare(access: PlatformAccess, size: LoadSize): Promise<void>;
  /** Orders by number, requested in ascending order; the same ones for the same seed. */
  orders(options: {
    readonly seed: number | string;
    readonly ratePerSecond: number;
    /** Prefix of its customers' names. */
    readonly customerPrefix: string;
  }): (index: number) => PlannedOrder;
  /** Terminal states of those of the orders that reached one, by time. */
  ends(access: PlatformAccess, orderIds: readonly string[]): Promise<readonly OrderEnd[]>;
  /** Conditions on the outcomes, besides the invariants. */
  judgeEnds(ends: readonly OrderEnd[]): NonNullable<WitnessedFault["demands"]>;
}
