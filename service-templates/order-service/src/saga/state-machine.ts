/**
 * The order's saga as a pure table. Payment and inventory answer in any order, late, or more than once; every
 * path ends in `confirmed` or `cancelled`. A confirmed order is cancelled all the same when no carrier takes it:
 * shipping is the last that can fail. What had been done for a cancelled order is undone by the service that did it,
 * told by order.cancelled.
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

/** Where an order stands. */
export interface SagaState {
  readonly status: OrderStatus;
  readonly payment: PaymentOutcome;
  readonly inventory: InventoryOutcome;
  /** Present exactly when cancelled. */
  readonly reason?: CancelReason;
}

/**
 * What can happen to an order after it was accepted. `payment.unavailable` is a payment.failed whose cause is the
 * provider's outage and not the customer's means.
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

/** Inputs that are a participant's answer. */
type Answer = Exclude<SagaInput, "shipment.failed" | "timeout">;

/** Steps as customers see them. */
export type StepName =
  | "accepted"
  | Exclude<SagaInput, "payment.unavailable" | "timeout">
  | "order.confirmed"
  | "order.cancelled";

/** What an answer changes: the participant's outcome, from which outcomes it may come, and whether it ends the saga badly. */
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
  // From `pending` too: a capture that was never reported is given back when the order is cancelled, and a replayed dead-letter record may bring the answers in the wrong order.
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

/** The next state. An input that says nothing new gives the same state without steps. */
export function advance(state: SagaState, input: SagaInput): Transition {
  if (input === "timeout") return state.status === "pending" ? cancel(state, "timed_out", []) : { state, steps: [] };
  // From `pending` too: a database that was restored to an earlier time may not know any more that it confirmed.
  if (input === "shipment.failed")
    return state.status === "cancelled" ? { state, steps: [] } : cancel(state, "undeliverable", [input]);

  const rule = RULES[input];
  if (!rule.from.includes(state[rule.participant])) return { state, steps: [] };
  const next: SagaState = { ...state, [rule.participant]: rule.to };
  const steps: readonly StepName[] = [rule.step];

  // After the end only the participants' outcomes move: late answers and compensations.
  if (state.status !== "pending") return { state: next, steps };
  if (rule.cancels !== undefined) return cancel(next, rule.cancels, steps);
  if (next.payment === "processed" && next.inventory === "reserved") {
    return { state: { ...next, status: "confirmed" }, steps: [...steps, "order.confirmed"], emits: "order.confirmed" };
  }
  return { state: next, steps };
}

/** Whether anything that was done for a cancelled order still has to be undone. */
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
