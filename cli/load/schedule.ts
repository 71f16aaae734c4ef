/** Due times of requests, fixed before the first one is sent: slow answers cannot move later requests. */
import type { Random } from "./seeded-random.ts";

/** `constant`: equal gaps. `poisson`: independent arrivals, with the bursts and pauses of many customers. */
export type Arrivals = "constant" | "poisson";

/** Load over time. */
export interface ScheduleShape {
  /** Requests per second, on average; above 0, fractions allowed. */
  readonly ratePerSecond: number;
  readonly durationMs: number;
  readonly arrivals: Arrivals;
}

/**
 * Due times in milliseconds from the start, ascending, all in [0, durationMs).
 * @param random - Used only for `poisson`.
 * @throws {RangeError} when the rate or the duration is not a positive number.
 */
export function schedule(shape: ScheduleShape, random: Random): Float64Array {
  const { ratePerSecond, durationMs, arrivals } = shape;
  if (!(ratePerSecond > 0) || !Number.isFinite(ratePerSecond))
    throw new RangeError(`ratePerSecond is ${ratePerSecond}; give a number above 0`);
  if (!(durationMs > 0) || !Number.isFinite(durationMs))
    throw new RangeError(`durationMs is ${durationMs}; give a number above 0`);
  const gapMs = 1000 / ratePerSecond;
  if (arrivals === "constant") {
    // Each time is computed by multiplication: summing gaps would accumulate rounding errors over a long run.
    const count = Math.max(1, Math.ceil(durationMs / gapMs - 1e-9));
    return Float64Array.from({ length: count }, (_, index) => index * gapMs);
  }
  const times: number[] = [];
  // 1 - random() is in (0, 1], so its logarithm is finite.
  const gap = (): number => -Math.log(1 - random()) * gapMs;
  for (let at = gap(); at < durationMs; at += gap()) times.push(at);
  return Float64Array.from(times);
}
