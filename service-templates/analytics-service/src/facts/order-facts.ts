/**
 * What is known of an order: the steps it has taken. Reports come in any order and any number; of several
 * reports of one step the earliest counts, so that the same reports always give the same facts. Pure.
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

/** A step that was taken. */
export interface Step {
  /** Milliseconds since the epoch, by the reporting service's clock. */
  readonly at: number;
  /** Where it is about money. */
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

/** The facts with a further report. */
export function withStep(facts: OrderFacts, name: StepName, step: Step): OrderFacts {
  const known = facts[name];
  return known !== undefined && !isEarlier(step, known) ? facts : { ...facts, [name]: step };
}

/** The facts that two sets of reports give together. */
export function joined(one: OrderFacts, other: OrderFacts): OrderFacts {
  return STEPS.reduce((facts, name) => {
    const step = other[name];
    return step === undefined ? facts : withStep(facts, name, step);
  }, one);
}

/** Whether a report counts instead of another one. At the same moment their content decides, so that the order of their arrival does not. */
function isEarlier(step: Step, known: Step): boolean {
  return step.at === known.at ? canonical(step) < canonical(known) : step.at < known.at;
}

/** The same text for the same content: JSON that comes from the database has its fields in another order. */
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

/** A decimal amount in minor units. */
export function toMinor(amount: number): number {
  return Math.round(amount * 100);
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
