/**
 * The facts of an order: the steps that it has taken. Reports arrive in any order and any number. If a step is reported
 * more than once, the earliest report counts, so that the same reports always give the same facts. Pure.
 */

/** Event types that are a step of an order. */
export const STEPS = [
  "order.created",
  "payment.processed",
  "payment.failed",
  "inventory.reserved",
  "inventory.insufficient",
  "order.confirmed",
  "order.cancelled",
  "payment.refunded",
  "inventory.released",
  "shipment.created",
  "shipment.dispatched",
  "shipment.delivered",
  "shipment.failed",
  "notification.sent",
] as const;
export type StepName = (typeof STEPS)[number];

/** A completed step. */
export interface Step {
  /** Milliseconds since the epoch, by the reporting service's clock. */
  readonly at: number;
  /** Present if the step has an amount. */
  readonly currency?: string;
  /** Minor units. */
  readonly amount?: number;
  /** Pieces. */
  readonly pieces?: number;
  readonly products?: readonly ProductLine[];
  readonly reason?: string;
}

export interface ProductLine {
  readonly productId: string;
  readonly pieces: number;
  /** Minor units of the order's currency, of all pieces. */
  readonly amount: number;
}

export type OrderFacts = Readonly<Partial<Record<StepName, Step>>>;

/** Returns the facts with one more report. */
export function withStep(facts: OrderFacts, name: StepName, step: Step): OrderFacts {
  const known = facts[name];
  return known !== undefined && !isEarlier(step, known) ? facts : { ...facts, [name]: step };
}

/** Returns the union of two sets of facts. */
export function joined(one: OrderFacts, other: OrderFacts): OrderFacts {
  return STEPS.reduce((facts, name) => {
    const step = other[name];
    return step === undefined ? facts : withStep(facts, name, step);
  }, one);
}

/**
 * Returns whether a report takes precedence over another one. If their times are equal, their content decides, so that
 * their order of arrival does not matter.
 */
function isEarlier(step: Step, known: Step): boolean {
  return step.at === known.at ? canonical(step) < canonical(known) : step.at < known.at;
}

/** Returns the same text for the same content: JSON from the database has its fields in another order. */
function canonical({ at, currency, amount, pieces, products, reason }: Step): string {
  return JSON.stringify([
    at,
    currency,
    amount,
    pieces,
    products?.map((line) => [line.productId, line.pieces, line.amount]),
    reason,
  ]);
}

/** Returns a decimal amount in minor units. */
export function toMinor(amount: number): number {
  return Math.round(amount * 100);
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
