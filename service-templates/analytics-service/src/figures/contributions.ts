/**
 * What one order adds to the figures, given everything known of it. The figures are the sum of this over all
 * orders, whatever came when: a new report adds the difference between what the order adds with it and what
 * it added before. Pure.
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

/** A number of one minute. */
export interface Figure {
  readonly measure: Measure;
  /** Beginning of the minute, milliseconds since the epoch. */
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

/** The beginning of a moment's minute. */
export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** What an order adds. */
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
  // By the minute in which the order was placed: what became of the orders of a period. One that no carrier took was confirmed before it was cancelled.
  const outcomeNow = cancelled !== undefined ? "cancelled" : confirmed !== undefined ? "confirmed" : undefined;
  if (outcomeNow !== undefined) add("outcome", created.at, { label: outcomeNow });
  // The first end is what the customer waited for.
  for (const [outcome, end] of [
    ["confirmed", confirmed],
    ["cancelled", confirmed === undefined ? cancelled : undefined],
  ] as const) {
    if (end === undefined) continue;
    // By the minute in which it ended: how quick it was then. Clocks that disagree must not make it negative.
    const tookMs = Math.max(0, end.at - created.at);
    add("latency", end.at, { label: `${outcome} ${bucketOf(tookMs)}`, units: tookMs });
  }
  if (confirmed !== undefined && cancelled === undefined) {
    for (const { productId, pieces, amount } of created.products ?? [])
      add("product", confirmed.at, { label: productId, currency: created.currency ?? "", units: pieces, amount });
  }
  return figures;
}

/** Adds up figures and takes others away; what comes to nothing is left out. Sorted, so that two instances write in the same order. */
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
