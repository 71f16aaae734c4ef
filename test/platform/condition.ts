import { availableParallelism, loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const MOST_STRETCHED = 10;

/**
 * Scales a limit to the machine's load: unchanged on an idle machine, longer if several processes wait for each processor, at
 * most ten times. A limit ends a wait for something that never happens; it must not make a test fail on a busy machine.
 */
export function stretched(
  limitMs: number,
  machine = { load: loadavg()[0] ?? 0, processors: availableParallelism() },
): number {
  return limitMs * Math.min(MOST_STRETCHED, Math.max(1, (2 * machine.load) / machine.processors));
}

/**
 * Waits until a condition holds.
 * @param what - What is waited for, in words; part of the error.
 * @param timeoutMs - The limit on an idle machine; {@link stretched} on a busy one.
 * @throws {Error} saying what was waited for, and the last value seen, after the limit.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  timeoutMs: number,
): Promise<T> {
  const started = Date.now();
  let last: unknown;
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    const waited = Date.now() - started;
    if (waited > stretched(timeoutMs)) throw new Error(`Waited ${waited} ms for ${what}.`, { cause: last });
    await pause(50);
  }
}
