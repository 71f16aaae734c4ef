/** Exact figures of a set of durations: every value is kept, without buckets. */

/** Summary of durations in milliseconds; all fields are 0 if there are none. */
export interface LatencySummary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Number of durations above the previous bucket's limit and at or below this limit. */
export interface LatencyBucket {
  /** Upper limit in milliseconds. */
  readonly upToMs: number;
  readonly count: number;
}

/** The empty summary. */
export const NO_LATENCY: LatencySummary = {
  count: 0,
  min: 0,
  mean: 0,
  p50: 0,
  p90: 0,
  p95: 0,
  p99: 0,
  p999: 0,
  max: 0,
};

/**
 * The smallest value that at least the given share of all values does not exceed (nearest rank).
 * @param sorted - Ascending, not empty.
 * @param share - In (0, 1].
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  // A share such as 0.95 is not exact in binary: 0.95 × 20 must not become rank 20.
  const rank = Math.ceil(share * sorted.length - 1e-9);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? Number.NaN;
}

/** Summarises durations, to a hundredth of a millisecond. */
export function summarize(durations: Iterable<number>): LatencySummary {
  const sorted = Float64Array.from(durations).sort();
  const { length } = sorted;
  if (length === 0) return NO_LATENCY;
  const at = (share: number): number => hundredths(percentile(sorted, share));
  return {
    count: length,
    min: hundredths(sorted[0] ?? 0),
    mean: hundredths(sorted.reduce((sum, value) => sum + value, 0) / length),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    max: hundredths(sorted[length - 1] ?? 0),
  };
}

/** Counts durations in buckets whose limits double from 1 ms; empty buckets at both ends are left out. */
export function histogram(durations: Iterable<number>): readonly LatencyBucket[] {
  const counts = new Map<number, number>();
  for (const duration of durations) {
    const step = Math.max(0, Math.ceil(Math.log2(Math.max(duration, Number.MIN_VALUE))));
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())];
  return Array.from({ length: last - first + 1 }, (_, place) => ({
    upToMs: 2 ** (first + place),
    count: counts.get(first + place) ?? 0,
  }));
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
