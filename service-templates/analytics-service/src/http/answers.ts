/** Figures in the form of the API: decimal amounts, shares, quantiles. Pure. */
import { sum } from "../facts/order-facts.ts";
import type { Figure, Measure } from "../figures/contributions.ts";
import { MINUTE_MS } from "../figures/contributions.ts";
import type { Period } from "../figures/figures-table.ts";
import { quantile } from "../figures/latency.ts";

/** Measures of a summary. */
export const SUMMARY_MEASURES: readonly Measure[] = [
  "step",
  "ordered",
  "sold",
  "refunded",
  "cancelled",
  "outcome",
  "latency",
  "message",
];
/** Measures of a minute. */
export const MINUTE_MEASURES: readonly Measure[] = ["step", "ordered", "sold", "refunded", "cancelled", "latency"];

/** An amount of money in one currency. */
export interface Amount {
  readonly currency: string;
  readonly orders: number;
  readonly pieces: number;
  /** In units of the currency. */
  readonly amount: number;
}

/** Latency of orders, in milliseconds; null if there are none. */
export interface Latency {
  readonly orders: number;
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface CancellationReason {
  readonly reason: string;
  readonly orders: number;
  /** Share of all cancellations of the period, 0 to 1. */
  readonly share: number;
}

export interface Summary {
  readonly period: ShownPeriod;
  /** Events in the period. */
  readonly orders: { readonly created: number; readonly confirmed: number; readonly cancelled: number };
  /** Current outcome of the orders that were placed in the period. `rate` is null if there are none. */
  readonly conversion: {
    readonly created: number;
    readonly confirmed: number;
    readonly cancelled: number;
    readonly open: number;
    readonly rate: number | null;
  };
  readonly revenue: {
    readonly ordered: readonly Amount[];
    readonly sold: readonly Amount[];
    readonly refunded: readonly Amount[];
  };
  readonly cancellations: readonly CancellationReason[];
  readonly latency: { readonly confirmed: Latency; readonly cancelled: Latency };
  /** Orders by the steps that they took in the period. */
  readonly steps: Readonly<Record<string, number>>;
  /** Messages to customers by channel. */
  readonly messages: Readonly<Record<string, number>>;
}

export interface ShownPeriod {
  readonly from: string;
  readonly to: string;
}

export function shownPeriod({ from, to }: Period): ShownPeriod {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

export function summaryOf(period: Period, figures: readonly Figure[]): Summary {
  const steps = countsBy(figures, "step");
  const outcomes = countsBy(figures, "outcome");
  const created = steps["order.created"] ?? 0;
  const [confirmed = 0, cancelled = 0] = [outcomes.confirmed, outcomes.cancelled];
  return {
    period: shownPeriod(period),
    orders: endsOf(steps),
    conversion: {
      created,
      confirmed,
      cancelled,
      open: Math.max(0, created - confirmed - cancelled),
      rate: created === 0 ? null : rounded(confirmed / created),
    },
    revenue: {
      ordered: amountsOf(figures, "ordered"),
      sold: amountsOf(figures, "sold"),
      refunded: amountsOf(figures, "refunded"),
    },
    cancellations: reasonsOf(figures),
    latency: { confirmed: latencyOf(figures, "confirmed"), cancelled: latencyOf(figures, "cancelled") },
    steps,
    messages: countsBy(figures, "message"),
  };
}

export interface Minute {
  readonly minute: string;
  readonly created: number;
  readonly confirmed: number;
  readonly cancelled: number;
  readonly ordered: readonly Amount[];
  readonly sold: readonly Amount[];
  readonly refunded: readonly Amount[];
  readonly cancellations: Readonly<Record<string, number>>;
  readonly latency: Latency;
}

/** Returns every minute of a period, including minutes without events. */
export function minutesIn({ from, to }: Period, figures: readonly Figure[]): readonly Minute[] {
  const byMinute = Map.groupBy(figures, (figure) => figure.minute);
  return Array.from({ length: (to - from) / MINUTE_MS }, (_, place): Minute => {
    const minute = from + place * MINUTE_MS;
    const own = byMinute.get(minute) ?? [];
    return {
      minute: new Date(minute).toISOString(),
      ...endsOf(countsBy(own, "step")),
      ordered: amountsOf(own, "ordered"),
      sold: amountsOf(own, "sold"),
      refunded: amountsOf(own, "refunded"),
      cancellations: countsBy(own, "cancelled"),
      latency: latencyOf(own, "confirmed"),
    };
  });
}

function endsOf(steps: Readonly<Record<string, number>>): { created: number; confirmed: number; cancelled: number } {
  return {
    created: steps["order.created"] ?? 0,
    confirmed: steps["order.confirmed"] ?? 0,
    cancelled: steps["order.cancelled"] ?? 0,
  };
}

/** Returns the reasons, the most frequent first. */
export function reasonsOf(figures: readonly Figure[]): readonly CancellationReason[] {
  const reasons = Object.entries(countsBy(figures, "cancelled"));
  const all = sum(reasons.map(([, orders]) => orders));
  return reasons
    .map(([reason, orders]) => ({ reason, orders, share: rounded(orders / all) }))
    .sort((a, b) => b.orders - a.orders || (a.reason < b.reason ? -1 : 1));
}

function amountsOf(figures: readonly Figure[], measure: Measure): readonly Amount[] {
  return figures
    .filter((figure) => figure.measure === measure && figure.count > 0)
    .map(({ currency, count, units, amount }) => ({ currency, orders: count, pieces: units, amount: amount / 100 }));
}

/** Returns counts by label, without zeros. */
function countsBy(figures: readonly Figure[], measure: Measure): Readonly<Record<string, number>> {
  return Object.fromEntries(
    figures
      .filter((figure) => figure.measure === measure && figure.count > 0)
      .map(({ label, count }) => [label, count]),
  );
}

function latencyOf(figures: readonly Figure[], outcome: "confirmed" | "cancelled"): Latency {
  const own = figures.filter(
    ({ measure, label, count }) => measure === "latency" && label.startsWith(`${outcome} `) && count > 0,
  );
  const counts = new Map(own.map(({ label, count }) => [label.slice(outcome.length + 1), count]));
  const orders = sum(own.map(({ count }) => count));
  return {
    orders,
    meanMs: orders === 0 ? null : Math.round((sum(own.map(({ units }) => units)) / orders) * 10) / 10,
    p50Ms: quantile(counts, 0.5),
    p95Ms: quantile(counts, 0.95),
    p99Ms: quantile(counts, 0.99),
  };
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
