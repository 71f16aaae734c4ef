/** Latency of orders as counts by bucket: the counts of buckets can be added up over any period. Pure. */

/** Upper bounds of the buckets in milliseconds; there is one more bucket above the last bound. */
export const BUCKETS_MS = [
  10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000,
  30_000, 60_000, 300_000,
] as const;
/** Label of the bucket without an upper bound. */
export const BEYOND = "beyond";

/** Returns the label of the bucket for a duration. */
export function bucketOf(milliseconds: number): string {
  return String(BUCKETS_MS.find((bound) => milliseconds <= bound) ?? BEYOND);
}

/**
 * Returns the duration within which a share of the orders ended, in milliseconds; orders count as evenly distributed
 * within a bucket. Returns null if there are no orders, and the last bound if the duration is above it.
 * @param counts - Orders by label of the bucket.
 * @param share - Above 0, up to 1.
 */
export function quantile(counts: ReadonlyMap<string, number>, share: number): number | null {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  let lower = 0;
  for (const bound of BUCKETS_MS) {
    const count = counts.get(String(bound)) ?? 0;
    if (count > 0 && below + count >= share * total)
      return Math.round((lower + ((bound - lower) * (share * total - below)) / count) * 10) / 10;
    below += count;
    lower = bound;
  }
  return BUCKETS_MS.at(-1) ?? null;
}
