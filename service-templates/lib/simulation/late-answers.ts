/**
 * The patience of a caller of a simulated outside system: an answer that takes too long is given up,
 * what was asked is done all the same.
 */
import { pause } from "../clock.ts";

export interface LateAnswers {
  /** The work's result after the system's latency in milliseconds; undefined when the caller has waited long enough. The work is done all the same. */
  inTime<T>(latencyMs: number, work: () => Promise<T>): Promise<T | undefined>;
  /** Waits for as long as a caller waits: an answer that never comes. */
  never(): Promise<void>;
  /** Ends what is still on its way. */
  close(): Promise<void>;
}

/** @param limitMs - How long the caller waits for an answer, in milliseconds. */
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
