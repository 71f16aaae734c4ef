/** How long orders took, as counts by bucket: sums of buckets can be added up over any period. Pure. */

/** Upper bounds of the buckets in milliseconds; beyond the last one there is one more. */
export const BUCKETS_MS = [
  10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000,
  30_000, 60_000, 300_000,
] as const;
/** Label of the bucket without an upper bound. */
export const BEYOND = "beyond";

/** The label of the bucket a duration falls into. */
export function bucketOf(milliseconds: number): string {
  return String(BUCKETS_MS.find((bound) => milliseconds <= bound) ?? BEYOND);
}

/**
 * The duration below which a share of the orders stays, in milliseconds: within its bucket the orders count as
 * evenly spread. Null where there are none; the last bound where it lies beyond.
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
