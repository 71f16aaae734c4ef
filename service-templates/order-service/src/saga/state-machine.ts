/**
 * The order's saga as a pure table. Payment and inventory answer in any order, late, or more than
 * once; every path ends in `confirmed` or `cancelled`, and what had been done for a cancelled order is
 * undone by whoever did it, told by order.cancelled.
 */

export type OrderStatus = "pending" | "confirmed" | "cancelled";
export type PaymentOutcome = "pending" | "processed" | "failed" | "refunded";
export type InventoryOutcome = "pending" | "reserved" | "insufficient" | "released";
export type CancelReason = "payment_declined" | "insufficient_stock" | "timed_out";

/** Where an order stands. */
export interface SagaState {
  readonly status: OrderStatus;
  readonly payment: PaymentOutcome;
  readonly inventory: InventoryOutcome;
  /** Present exactly when cancelled. */
  readonly reason?: CancelReason;
}

/** What can happen to an order after it was accepted. */
export const SAGA_INPUTS = [
  "payment.processed", "payment.failed", "payment.refunded",
  "inventory.reserved", "inventory.insufficient", "inventory.released",
  "timeout",
] as const;
export type SagaInput = (typeof SAGA_INPUTS)[number];

/** Steps as customers see them. */
export type StepName = "accepted" | Exclude<SagaInput, "timeout"> | "order.confirmed" | "order.cancelled";

/** What an input changes: the participant's outcome, from which outcomes it may come, and whether it ends the saga badly. */
interface Rule {
  readonly participant: "payment" | "inventory";
  readonly from: readonly string[];
  readonly to: PaymentOutcome | InventoryOutcome;
  readonly cancels?: CancelReason;
}

export const RULES: Readonly<Record<Exclude<SagaInput, "timeout">, Rule>> = {
  "payment.processed": { participant: "payment", from: ["pending"], to: "processed" },
  "payment.failed": { participant: "payment", from: ["pending"], to: "failed", cancels: "payment_declined" },
  // From `pending` too: a replayed dead letter may bring the answers in the wrong order.
  "payment.refunded": { participant: "payment", from: ["pending", "processed"], to: "refunded" },
  "inventory.reserved": { participant: "inventory", from: ["pending"], to: "reserved" },
  "inventory.insufficient": { participant: "inventory", from: ["pending"], to: "insufficient", cancels: "insufficient_stock" },
  "inventory.released": { participant: "inventory", from: ["pending", "reserved"], to: "released" },
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

  const rule = RULES[input];
  if (!rule.from.includes(state[rule.participant])) return { state, steps: [] };
  const next: SagaState = { ...state, [rule.participant]: rule.to };
  const steps: readonly StepName[] = [input];

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
  return { state: { ...state, status: "cancelled", reason }, steps: [...steps, "order.cancelled"], emits: "order.cancelled" };
}
