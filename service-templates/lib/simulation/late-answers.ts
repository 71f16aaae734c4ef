/**
 * The timeout of a caller of a simulated external system: the caller gives up a late answer, but the system still does
 * the work.
 */
import { pause } from "../clock.ts";

export interface LateAnswers {
  /**
   * Returns the work's result after the system's latency in milliseconds; undefined after the caller's timeout. The
   * work is done in both cases.
   */
  inTime<T>(latencyMs: number, work: () => Promise<T>): Promise<T | undefined>;
  /** Waits until the caller's timeout, for an answer that never comes. */
  never(): Promise<void>;
  /** Ends the work in progress. */
  close(): Promise<void>;
}

/** @param limitMs - The caller's timeout, in milliseconds. */
export function lateAnswers(limitMs: number): LateAnswers {
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  return {
    async inTime(latencyMs, work) {
      const done = (async () => {
        if (latencyMs > 0) await pause(latencyMs, closing.signal);
        return closing.signal.aborted ? undefined : work();
      })();
      const settled = done
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => underWay.delete(settled));
      underWay.add(settled);
      const answered = new AbortController();
      const givenUp = pause(limitMs, AbortSignal.any([answered.signal, closing.signal])).then(() => undefined);
      try {
        return await Promise.race([done, givenUp]);
      } finally {
        answered.abort();
      }
    },
    never: () => pause(limitMs, closing.signal),
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}
