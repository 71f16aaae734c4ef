/** Whether the platform keeps up with a load: the number of unfinished orders must not grow. */
import { percentile } from "./latency.ts";

/** Unfinished orders at a moment. */
export interface BacklogSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly unfinished: number;
}

/** The answer with its figures. */
export interface BacklogVerdict {
  readonly bounded: boolean;
  /** Median of unfinished orders in the second third of the time, and in the last. */
  readonly middle: number;
  readonly last: number;
  readonly most: number;
}

/**
 * Compares the last third of a load with the one before. The backlog is bounded if the last third has at most half as many
 * unfinished orders again, with a tolerance of one second's worth of orders.
 * @param samples - Of the measured time, ascending.
 */
export function judgeBacklog(samples: readonly BacklogSample[], ratePerSecond: number): BacklogVerdict {
  const [from, to] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0];
  const third = (to - from) / 3;
  const middle = medianOf(samples.filter((sample) => sample.at >= from + third && sample.at < from + 2 * third));
  const last = medianOf(samples.filter((sample) => sample.at >= from + 2 * third));
  return {
    bounded: last <= middle * 1.5 + ratePerSecond,
    middle,
    last,
    most: Math.max(0, ...samples.map((sample) => sample.unfinished)),
  };
}

function medianOf(samples: readonly BacklogSample[]): number {
  return samples.length === 0
    ? 0
    : percentile(
        samples.map((sample) => sample.unfinished).sort((a, b) => a - b),
        0.5,
      );
}

/** Number of moments in each second of a time span. */
export function perSecond(moments: Iterable<number>, from: number, seconds: number): readonly number[] {
  const counts = new Array<number>(seconds).fill(0);
  for (const moment of moments) {
    const second = Math.floor((moment - from) / 1000);
    if (second >= 0 && second < seconds) counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}
