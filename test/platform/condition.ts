import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until a condition holds.
 * @param what - What is waited for, in words; part of the error.
 * @throws {Error} saying what was waited for, and the last value seen, after `timeoutMs`.
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined, timeoutMs: number): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms for ${what}.`, { cause: last });
    await pause(50);
  }
}
