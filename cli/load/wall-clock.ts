/**
 * Milliseconds since the epoch with fractions, monotonic. `Date.now` returns whole milliseconds, which is too coarse for
 * latencies of a few milliseconds. The monotonic clock alone cannot be compared with times in the databases.
 */
export function wallClock(): () => number {
  const before = Date.now();
  let now = Date.now();
  // The system's clock is exact at the moment when it changes to the next millisecond.
  while (now === before) now = Date.now();
  const offset = now - performance.now();
  return () => performance.now() + offset;
}
