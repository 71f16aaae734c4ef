/** Time and randomness as values, so that tests control both. */

/** Milliseconds since the epoch. */
export type Clock = () => number;
/** A number in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = () => Date.now();
export const systemRandom: Random = () => Math.random();

/** Waits for the given time; ends early, without an error, when the signal is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
