import { Problem } from "@event-platform-kit/service/http/problem";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Figure } from "../src/figures/contributions.ts";
import { MINUTE_MS } from "../src/figures/contributions.ts";
import { BEYOND, BUCKETS_MS, bucketOf, quantile } from "../src/figures/latency.ts";
import { minutesIn, summaryOf } from "../src/http/answers.ts";
import { limitOf, periodOf } from "../src/http/period.ts";

const NOW = Date.UTC(2026, 10, 25, 12, 0, 30);
const iso = (at: number): string => new Date(at).toISOString();

describe("the period of a request", () => {
  it("ends with the minute at hand when nothing is given", () => {
    const { from, to } = periodOf({}, NOW, 60 * MINUTE_MS);
    expect([iso(from), iso(to)]).toEqual(["2026-11-25T11:01:00.000Z", "2026-11-25T12:01:00.000Z"]);
  });
  it("is cut to minutes, in any time zone", () => {
    const { from, to } = periodOf({ from: "2026-11-25T10:00:59Z", to: "2026-11-25T12:30:01+01:00" }, NOW, MINUTE_MS);
    expect([iso(from), iso(to)]).toEqual(["2026-11-25T10:00:00.000Z", "2026-11-25T11:30:00.000Z"]);
  });
  it.each([
    [{ from: "2026-11-25T12:00:10Z", to: "2026-11-25T12:00:50Z" }, /at least a minute/],
    [{ from: "2026-11-26T00:00:00Z", to: "2026-11-25T00:00:00Z" }, /at least a minute/],
    [{ from: "2026-10-01T00:00:00Z", to: "2026-11-25T00:00:00Z" }, /at most 31 days/],
    [{ to: "2026-13-25T00:00:00Z" }, /to is no moment/],
  ])("refuses %j", (query, message) => {
    expect(() => periodOf(query, NOW, MINUTE_MS)).toThrow(message);
    expect(() => periodOf(query, NOW, MINUTE_MS)).toThrow(Problem);
  });
  it("keeps limits", () => {
    expect(limitOf(undefined, 100, 10)).toBe(10);
    expect(limitOf("100", 100, 10)).toBe(100);
    for (const text of ["0", "101"]) expect(() => limitOf(text, 100, 10)).toThrow(/between 1 and 100/);
  });
});

describe("quantiles from buckets", () => {
  it.each<[number, string]>([
    [0, "10"],
    [10, "10"],
    [11, "20"],
    [300_000, "300000"],
    [300_001, BEYOND],
  ])("%i ms falls into %s", (milliseconds, label) => {
    expect(bucketOf(milliseconds)).toBe(label);
  });
  it("are null without orders, and the last bound beyond it", () => {
    expect(quantile(new Map(), 0.95)).toBeNull();
    expect(quantile(new Map([[BEYOND, 3]]), 0.5)).toBe(300_000);
  });
  it("lie within the bucket of the exact one, and grow with the share", () => {
    const durations = fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.9, 0.95, 0.99, 1), (values, share) => {
        const counts = new Map<string, number>();
        for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1);
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(share * values.length - 1e-9) - 1] ?? 0;
        const found = quantile(counts, share) ?? -1;
        const upper = Number(bucketOf(exact));
        expect(found).toBeLessThanOrEqual(upper);
        expect(found).toBeGreaterThanOrEqual(BUCKETS_MS[(BUCKETS_MS as readonly number[]).indexOf(upper) - 1] ?? 0);
        expect(quantile(counts, 1) ?? 0).toBeGreaterThanOrEqual(found);
      }),
    );
  });
});

describe("answers", () => {
  const from = NOW - 30_000;
  const of = (measure: Figure["measure"], label: string, values: Partial<Figure> = {}): Figure => ({
    measure,
    minute: from,
    label,
    currency: "",
    count: 1,
    units: 0,
    amount: 0,
    ...values,
  });
  const figures = [
    of("step", "order.created", { count: 4 }),
    of("step", "order.confirmed", { count: 2 }),
    of("step", "order.cancelled"),
    of("ordered", "", { currency: "EUR", count: 4, units: 9, amount: 12_345 }),
    of("sold", "", { currency: "EUR", count: 2, units: 5, amount: 9_999 }),
    of("outcome", "confirmed", { count: 2 }),
    of("outcome", "cancelled"),
    of("cancelled", "timed_out"),
    of("latency", "confirmed 50", { count: 1, units: 45 }),
    of("latency", "confirmed 200", { count: 1, units: 155 }),
    of("message", "email", { count: 3 }),
  ];

  it("sum up a period", () => {
    expect(summaryOf({ from, to: from + MINUTE_MS }, figures)).toEqual({
      period: { from: iso(from), to: iso(from + MINUTE_MS) },
      orders: { created: 4, confirmed: 2, cancelled: 1 },
      conversion: { created: 4, confirmed: 2, cancelled: 1, open: 1, rate: 0.5 },
      revenue: {
        ordered: [{ currency: "EUR", orders: 4, pieces: 9, amount: 123.45 }],
        sold: [{ currency: "EUR", orders: 2, pieces: 5, amount: 99.99 }],
        refunded: [],
      },
      cancellations: [{ reason: "timed_out", orders: 1, share: 1 }],
      latency: {
        confirmed: { orders: 2, meanMs: 100, p50Ms: 50, p95Ms: 195, p99Ms: 199 },
        cancelled: { orders: 0, meanMs: null, p50Ms: null, p95Ms: null, p99Ms: null },
      },
      steps: { "order.created": 4, "order.confirmed": 2, "order.cancelled": 1 },
      messages: { email: 3 },
    });
  });
  it("say that there is no rate without orders", () => {
    expect(summaryOf({ from, to: from + MINUTE_MS }, []).conversion).toEqual({
      created: 0,
      confirmed: 0,
      cancelled: 0,
      open: 0,
      rate: null,
    });
  });
  it("show every minute, also those without orders", () => {
    const minutes = minutesIn({ from, to: from + 3 * MINUTE_MS }, figures);
    expect(minutes.map(({ minute, created, confirmed }) => [minute, created, confirmed])).toEqual([
      [iso(from), 4, 2],
      [iso(from + MINUTE_MS), 0, 0],
      [iso(from + 2 * MINUTE_MS), 0, 0],
    ]);
    expect(minutes[0]).toMatchObject({
      cancellations: { timed_out: 1 },
      sold: [{ amount: 99.99 }],
      latency: { orders: 2 },
    });
  });
});
