/** What a project adds to `kit chaos` and to benchmarks: the requests that customers send, and what becomes of them. */
import type { PlatformAccess } from "../platform/platform-access.ts";
import type { WitnessedFault } from "../witness.ts";
import type { PlannedOrder } from "./open-loop.ts";

/** The end of an order, by what the services stored. */
export interface OrderEnd {
  readonly orderId: string;
  readonly status: "confirmed" | "cancelled";
  /** Why it was cancelled. */
  readonly reason?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** How much a load is. */
export interface LoadSize {
  readonly ratePerSecond: number;
  readonly durationMs: number;
}

/**
 * A project's load. An *order* is a request that sets off events and comes to an end later, whatever the project calls
 * it: confirmed when that is what the customer wanted, else cancelled.
 */
export interface LoadDefinition {
  /** Path below the exposed service's address at which an order is posted, with an `Idempotency-Key`. */
  readonly path: string;
  /** Field of a 2xx answer that names the order. */
  readonly idField: string;
  /** Makes sure that no order ends for want of what there is only so much of, for example stock. */
  prepare(access: PlatformAccess, size: LoadSize): Promise<void>;
  /** Orders by number, asked for in ascending order; the same ones for the same seed. */
  orders(options: {
    readonly seed: number | string;
    readonly ratePerSecond: number;
    /** What the names of its customers begin with. */
    readonly customerPrefix: string;
  }): (index: number) => PlannedOrder;
  /** Ends of those of the orders that came to one, by time. */
  ends(access: PlatformAccess, orderIds: readonly string[]): Promise<readonly OrderEnd[]>;
  /** What must be true of how they ended, beside the invariants. */
  judgeEnds(ends: readonly OrderEnd[]): NonNullable<WitnessedFault["demands"]>;
}
