import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge } from "../../../../cli/load/attempts.ts";
import { histogram, NO_LATENCY, percentile, summarize } from "../../../../cli/load/latency.ts";
import { schedule } from "../../../../cli/load/schedule.ts";
import { seededRandom } from "../../../../cli/load/seeded-random.ts";
import { wallClock } from "../../../../cli/load/wall-clock.ts";

const shapes = fc.record({
  ratePerSecond: fc.double({ min: 0.5, max: 500, noNaN: true }),
  durationMs: fc.integer({ min: 1, max: 20_000 }),
  arrivals: fc.constantFrom("constant" as const, "poisson" as const),
  seed: fc.integer(),
});

describe("a schedule", () => {
  it.each([
    [10, 1_000, [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]],
    [4, 1_000, [0, 250, 500, 750]],
    [0.5, 3_000, [0, 2_000]],
    [1, 200, [0]],
    [3, 1_000, [0, 1000 / 3, 2000 / 3]],
  ])("of %d/s over %d ms has equal gaps", (ratePerSecond, durationMs, expected) => {
    expect([...schedule({ ratePerSecond, durationMs, arrivals: "constant" }, () => 0.5)]).toEqual(expected);
  });

  it("keeps its rate over hours: 35/s for 24 h are 3,024,000 orders", () => {
    expect(schedule({ ratePerSecond: 35, durationMs: 86_400_000, arrivals: "constant" }, () => 0.5)).toHaveLength(
      3_024_000,
    );
  });

  it("ascends within its duration and is the same for the same seed", () => {
    fc.assert(
      fc.property(shapes, ({ seed, ...shape }) => {
        const times = schedule(shape, seededRandom(seed));
        expect(times).toEqual(schedule(shape, seededRandom(seed)));
        for (const [place, at] of times.entries()) {
          expect(at).toBeGreaterThanOrEqual(times[place - 1] ?? 0);
          expect(at).toBeLessThan(shape.durationMs);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("of independent arrivals has its rate on average and the spread of a Poisson process", () => {
    const times = schedule({ ratePerSecond: 100, durationMs: 600_000, arrivals: "poisson" }, seededRandom(7));
    expect(Math.abs(times.length - 60_000)).toBeLessThan(1_000);
    const gaps = Array.from(times)
      .slice(1)
      .map((at, place) => at - (times[place] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(deviation / mean).toBeGreaterThan(0.97);
    expect(deviation / mean).toBeLessThan(1.03);
    expect(schedule({ ratePerSecond: 100, durationMs: 1_000, arrivals: "poisson" }, seededRandom(8))).not.toEqual(
      times.subarray(0, 100),
    );
  });

  it.each([
    [0, 1_000],
    [-1, 1_000],
    [Number.NaN, 1_000],
    [Infinity, 1_000],
    [10, 0],
    [10, Number.NaN],
  ])("of %d/s over %d ms is refused with the value", (ratePerSecond, durationMs) => {
    expect(() => schedule({ ratePerSecond, durationMs, arrivals: "constant" }, () => 0)).toThrow(
      /is (0|-1|NaN|Infinity); give a number above 0/,
    );
  });
});

describe("a seeded source of chance", () => {
  it("repeats itself for a seed, differs between neighbouring seeds, and fills [0, 1) evenly", () => {
    const take = (seed: number | string, count: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: count }, random);
    };
    expect(take(1, 20)).toEqual(take(1, 20));
    expect(take(1, 20)).toEqual(take("1", 20));
    expect(take(1, 20)).not.toEqual(take(2, 20));
    const tenths = new Map<number, number>();
    for (const value of take("spread", 100_000)) {
      expect(value >= 0 && value < 1).toBe(true);
      tenths.set(Math.floor(value * 10), (tenths.get(Math.floor(value * 10)) ?? 0) + 1);
    }
    expect(tenths.size).toBe(10);
    for (const count of tenths.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe("figures of latencies", () => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, place) => place + 1);

  it.each([
    [upTo(100), 0.5, 50],
    [upTo(100), 0.95, 95],
    [upTo(100), 0.99, 99],
    [upTo(100), 1, 100],
    [upTo(20), 0.95, 19],
    [upTo(1_000), 0.999, 999],
    [upTo(10), 0.99, 10],
    [[7], 0.5, 7],
    [[1, 2], 0.5, 1],
    [[1, 2], 0.51, 2],
  ])("of %j: the share %d is at most %d", (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  it("hold for any set: in order, within its limits, members of it, with at least the share at or below", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 200 }), (values) => {
        const summary = summarize(values);
        const ascending = [summary.min, summary.p50, summary.p90, summary.p95, summary.p99, summary.p999, summary.max];
        expect(ascending).toEqual([...ascending].sort((a, b) => a - b));
        for (const figure of ascending) expect(values).toContain(figure);
        for (const [share, figure] of [
          [0.5, summary.p50],
          [0.95, summary.p95],
          [0.99, summary.p99],
        ] as const) {
          expect(values.filter((value) => value <= figure).length).toBeGreaterThanOrEqual(
            Math.floor(share * values.length),
          );
          expect(values.filter((value) => value < figure).length).toBeLessThan(share * values.length + 1e-6);
        }
        expect(summary.count).toBe(values.length);
      }),
      { numRuns: 200 },
    );
  });

  it("of nothing are 0", () => {
    expect(summarize([])).toEqual(NO_LATENCY);
    expect(histogram([])).toEqual([]);
  });

  it("in buckets lose nobody, and each lies in its own", () => {
    expect(histogram([0, 0.4, 1, 1.5, 2, 2.1, 9])).toEqual([
      { upToMs: 1, count: 3 },
      { upToMs: 2, count: 2 },
      { upToMs: 4, count: 1 },
      { upToMs: 8, count: 0 },
      { upToMs: 16, count: 1 },
    ]);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const buckets = histogram(values);
        expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(values.length);
        expect(buckets.at(-1)?.upToMs).toBeGreaterThanOrEqual(Math.max(...values));
      }),
      { numRuns: 100 },
    );
  });
});

it.each<[number | undefined, boolean, string, boolean]>([
  [202, false, "accepted", false],
  [200, true, "accepted", false],
  [undefined, false, "unknown", true],
  [500, false, "unknown", true],
  [503, true, "unknown", true],
  [422, false, "refused", false],
  [429, false, "refused", false],
  [409, false, "refused", false],
  [409, true, "unknown", true],
  [429, true, "unknown", true],
  [422, true, "unknown", false],
  [401, true, "unknown", false],
])("an answer %s, doubtful before: %s, is %s; repeatable: %s", (status, doubtful, outcome, repeatable) => {
  expect(judge(status === undefined ? {} : { status }, doubtful)).toEqual({ outcome, repeatable });
});

it("the wall clock agrees with the system's and does not go back", () => {
  const now = wallClock();
  let last = 0;
  for (let turn = 0; turn < 1_000; turn += 1) {
    const at = now();
    expect(at).toBeGreaterThanOrEqual(last);
    last = at;
  }
  expect(Math.abs(now() - Date.now())).toBeLessThan(50);
});
