/**
 * The order's saga as a pure table. Payment and inventory answer in any order, late, or more than once; every path ends
 * in `confirmed` or `cancelled`. A confirmed order is still cancelled if no carrier accepts it: shipping is the last
 * step that can fail. When an order is cancelled, each service that had completed a step receives order.cancelled and
 * compensates.
 */

export type OrderStatus = "pending" | "confirmed" | "cancelled";
/** A terminal state. */
export type EndedStatus = Exclude<OrderStatus, "pending">;
export const ENDED_STATUSES: readonly EndedStatus[] = ["confirmed", "cancelled"];
export type PaymentOutcome = "pending" | "processed" | "failed" | "refunded";
export type InventoryOutcome = "pending" | "reserved" | "insufficient" | "released";
export type CancelReason =
  | "payment_declined"
  | "payment_unavailable"
  | "insufficient_stock"
  | "timed_out"
  | "undeliverable";

/** The state of an order's saga. */
export interface SagaState {
  readonly status: OrderStatus;
  readonly payment: PaymentOutcome;
  readonly inventory: InventoryOutcome;
  /** Present only if the order was cancelled. */
  readonly reason?: CancelReason;
}

/**
 * The inputs of an order after it was accepted. `payment.unavailable` is a payment.failed that was caused by an outage
 * of the provider, not by a declined payment.
 */
export const SAGA_INPUTS = [
  "payment.processed",
  "payment.failed",
  "payment.unavailable",
  "payment.refunded",
  "inventory.reserved",
  "inventory.insufficient",
  "inventory.released",
  "shipment.failed",
  "timeout",
] as const;
export type SagaInput = (typeof SAGA_INPUTS)[number];

/** Inputs that are answers of a participant. */
type Answer = Exclude<SagaInput, "shipment.failed" | "timeout">;

/** Steps as shown to customers. */
export type StepName =
  | "accepted"
  | Exclude<SagaInput, "payment.unavailable" | "timeout">
  | "order.confirmed"
  | "order.cancelled";

/** What an answer changes: the participant's outcome, the outcomes from which it is allowed, and whether it cancels the order. */
interface Rule {
  readonly participant: "payment" | "inventory";
  readonly from: readonly string[];
  readonly to: PaymentOutcome | InventoryOutcome;
  readonly cancels?: CancelReason;
  readonly step: StepName;
}

export const RULES: Readonly<Record<Answer, Rule>> = {
  "payment.processed": { participant: "payment", from: ["pending"], to: "processed", step: "payment.processed" },
  "payment.failed": {
    participant: "payment",
    from: ["pending"],
    to: "failed",
    cancels: "payment_declined",
    step: "payment.failed",
  },
  "payment.unavailable": {
    participant: "payment",
    from: ["pending"],
    to: "failed",
    cancels: "payment_unavailable",
    step: "payment.failed",
  },
  // Also allowed from `pending`: a capture that was never reported is refunded when the order is cancelled, and a
  // replayed dead-letter record may deliver the answers in the wrong order.
  "payment.refunded": {
    participant: "payment",
    from: ["pending", "processed"],
    to: "refunded",
    step: "payment.refunded",
  },
  "inventory.reserved": { participant: "inventory", from: ["pending"], to: "reserved", step: "inventory.reserved" },
  "inventory.insufficient": {
    participant: "inventory",
    from: ["pending"],
    to: "insufficient",
    cancels: "insufficient_stock",
    step: "inventory.insufficient",
  },
  "inventory.released": {
    participant: "inventory",
    from: ["pending", "reserved"],
    to: "released",
    step: "inventory.released",
  },
};

export const INITIAL_STATE: SagaState = { status: "pending", payment: "pending", inventory: "pending" };

export interface Transition {
  readonly state: SagaState;
  /** Steps to record, in order; empty when nothing changed. */
  readonly steps: readonly StepName[];
  /** The order's own event that follows. */
  readonly emits?: "order.confirmed" | "order.cancelled";
}

/** Returns the next state. An input that changes nothing returns the same state without steps. */
export function advance(state: SagaState, input: SagaInput): Transition {
  if (input === "timeout") return state.status === "pending" ? cancel(state, "timed_out", []) : { state, steps: [] };
  // Also allowed from `pending`: a database that was restored to an earlier time may have lost the confirmation.
  if (input === "shipment.failed")
    return state.status === "cancelled" ? { state, steps: [] } : cancel(state, "undeliverable", [input]);

  const rule = RULES[input];
  if (!rule.from.includes(state[rule.participant])) return { state, steps: [] };
  const next: SagaState = { ...state, [rule.participant]: rule.to };
  const steps: readonly StepName[] = [rule.step];

  // After a terminal state only the participants' outcomes change: late answers and compensations.
  if (state.status !== "pending") return { state: next, steps };
  if (rule.cancels !== undefined) return cancel(next, rule.cancels, steps);
  if (next.payment === "processed" && next.inventory === "reserved") {
    return { state: { ...next, status: "confirmed" }, steps: [...steps, "order.confirmed"], emits: "order.confirmed" };
  }
  return { state: next, steps };
}

/** Returns whether a cancelled order still needs compensation. */
export function isCompensating(state: SagaState): boolean {
  return state.status === "cancelled" && (state.payment === "processed" || state.inventory === "reserved");
}

function cancel(state: SagaState, reason: CancelReason, steps: readonly StepName[]): Transition {
  return {
    state: { ...state, status: "cancelled", reason },
    steps: [...steps, "order.cancelled"],
    emits: "order.cancelled",
  };
}
