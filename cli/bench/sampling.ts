import { setTimeout as pause } from "node:timers/promises";
import { KitError } from "../errors.ts";

/**
 * Takes samples at equal intervals until stopped. A sample that takes longer than the interval skips the samples that it
 * overlaps.
 * @returns a function that stops; it returns the samples, or throws the error of a failed sample.
 */
export function sampling<T>(everyMs: number, look: () => Promise<T>): () => Promise<readonly T[]> {
  const stopping = new AbortController();
  const seen: T[] = [];
  const loop = (async () => {
    const started = performance.now();
    while (!stopping.signal.aborted) {
      seen.push(await look());
      const elapsed = performance.now() - started;
      await pause(everyMs - (elapsed % everyMs), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  loop.catch(() => undefined);
  return async () => {
    stopping.abort();
    await loop;
    return seen;
  };
}

/** Takes samples at equal intervals while work runs. Stops when the work ends or fails. */
export async function whileSampling<S, T>(
  everyMs: number,
  look: () => Promise<S>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly samples: readonly S[] }> {
  const stop = sampling(everyMs, look);
  const result = await work().catch(async (error: unknown) => {
    await stop().catch(() => undefined);
    throw error;
  });
  return { result, samples: await stop() };
}

const LOOK_MS = 100;

/**
 * Waits until a count is 0.
 * @returns the last count; above 0 after a timeout.
 * @throws KitError `KIT_CANCELLED`.
 */
export async function untilNone(count: () => Promise<number>, limitMs: number, signal: AbortSignal): Promise<number> {
  const end = performance.now() + limitMs;
  for (;;) {
    const left = await count();
    if (left === 0 || performance.now() > end) return left;
    if (signal.aborted) throw new KitError("KIT_CANCELLED", "benchmark");
    await pause(LOOK_MS);
  }
}
