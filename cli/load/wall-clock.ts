/**
 * Milliseconds since the epoch with fractions, never going back: `Date.now` gives whole milliseconds, too coarse
 * beside latencies of a few, and the monotonic clock alone could not be compared with times in the databases.
 */
export function wallClock(): () => number {
  const before = Date.now();
  let now = Date.now();
  // The moment at which the system's clock turns to the next millisecond is the one at which it is exact.
  while (now === before) now = Date.now();
  const offset = now - performance.now();
  return () => performance.now() + offset;
}
