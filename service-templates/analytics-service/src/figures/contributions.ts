/**
 * The contribution of one order to the figures, given all its facts. The figures are the sum of the contributions of
 * all orders, regardless of the order of events: a new report adds the difference between the order's contribution with
 * it and without it. Pure.
 */
import type { OrderFacts, Step } from "../facts/order-facts.ts";
import { STEPS } from "../facts/order-facts.ts";
import { bucketOf } from "./latency.ts";

export type Measure =
  | "step"
  | "ordered"
  | "sold"
  | "refunded"
  | "cancelled"
  | "outcome"
  | "latency"
  | "product"
  | "message";

/** A figure of one minute. */
export interface Figure {
  readonly measure: Measure;
  /** Start of the minute, milliseconds since the epoch. */
  readonly minute: number;
  readonly label: string;
  readonly currency: string;
  readonly count: number;
  /** Pieces; milliseconds for latency. */
  readonly units: number;
  /** Minor units. */
  readonly amount: number;
}

export const MINUTE_MS = 60_000;

/** Returns the start of the minute of a time. */
export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** Returns the contribution of an order. */
export function contributions(facts: OrderFacts): readonly Figure[] {
  const figures: Figure[] = [];
  const add = (measure: Measure, at: number, values: Partial<Omit<Figure, "measure" | "minute">> = {}): void => {
    figures.push({ measure, minute: minuteOf(at), label: "", currency: "", count: 1, units: 0, amount: 0, ...values });
  };
  const money = ({ currency = "", amount = 0, pieces = 0 }: Step): Partial<Figure> => ({
    currency,
    amount,
    units: pieces,
  });

  for (const name of STEPS) {
    const step = facts[name];
    if (step !== undefined) add("step", step.at, { label: name });
  }
  const {
    "order.created": created,
    "order.confirmed": confirmed,
    "order.cancelled": cancelled,
    "payment.refunded": refunded,
  } = facts;
  if (created !== undefined) add("ordered", created.at, money(created));
  if (confirmed !== undefined) add("sold", confirmed.at, money(confirmed));
  if (refunded !== undefined) add("refunded", refunded.at, money(refunded));
  if (cancelled !== undefined) add("cancelled", cancelled.at, { label: cancelled.reason ?? "" });
  if (created === undefined) return figures;
  // Counted in the minute in which the order was placed: the outcome of the orders of a period. An order that no carrier
  // accepted was confirmed before it was cancelled.
  const outcomeNow = cancelled !== undefined ? "cancelled" : confirmed !== undefined ? "confirmed" : undefined;
  if (outcomeNow !== undefined) add("outcome", created.at, { label: outcomeNow });
  // The first terminal state determines how long the customer waited.
  for (const [outcome, end] of [
    ["confirmed", confirmed],
    ["cancelled", confirmed === undefined ? cancelled : undefined],
  ] as const) {
    if (end === undefined) continue;
    // Counted in the minute in which the order reached its terminal state: the latency at that time. Differing clocks
    // must not make it negative.
    const tookMs = Math.max(0, end.at - created.at);
    add("latency", end.at, { label: `${outcome} ${bucketOf(tookMs)}`, units: tookMs });
  }
  if (confirmed !== undefined && cancelled === undefined) {
    for (const { productId, pieces, amount } of created.products ?? [])
      add("product", confirmed.at, { label: productId, currency: created.currency ?? "", units: pieces, amount });
  }
  return figures;
}

/**
 * Returns the sum of figures minus others, without figures that are zero. Sorted, so that two instances write in the
 * same order.
 */
export function balance(added: Iterable<Figure>, removed: Iterable<Figure> = []): readonly Figure[] {
  const sums = new Map<string, Figure>();
  const enter = (figure: Figure, sign: 1 | -1): void => {
    const key = JSON.stringify([figure.measure, figure.minute, figure.label, figure.currency]);
    const known = sums.get(key) ?? { ...figure, count: 0, units: 0, amount: 0 };
    sums.set(key, {
      ...known,
      count: known.count + sign * figure.count,
      units: known.units + sign * figure.units,
      amount: known.amount + sign * figure.amount,
    });
  };
  for (const figure of added) enter(figure, 1);
  for (const figure of removed) enter(figure, -1);
  return [...sums]
    .filter(([, { count, units, amount }]) => count !== 0 || units !== 0 || amount !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, figure]) => figure);
}
