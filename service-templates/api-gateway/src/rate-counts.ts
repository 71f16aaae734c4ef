/**
 * How often something happened within a window of time, by key. Instances count together in Redis where it is there;
 * where it is not, or does not answer, each counts for itself: the limits then hold per instance, and no request fails.
 */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Redis } from "ioredis";

/** What a window holds after a count. */
export interface WindowCount {
  readonly count: number;
  /** Milliseconds until the window ends and counting begins again. */
  readonly leftMs: number;
}

/** Counts by key. */
export interface RateCounts {
  /** Counts once more. */
  add(key: string): Promise<WindowCount>;
}

/** Keys that one instance remembers; those not seen for longest go first. */
const MOST_KEYS = 20_000;
/** How long Redis is left alone after it failed, in milliseconds: each attempt costs its request the wait. */
const LEFT_ALONE_MS = 1_000;

/** Counts of this process alone. */
export function ownCounts({
  windowMs,
  clock,
  mostKeys = MOST_KEYS,
}: {
  readonly windowMs: number;
  readonly clock: Clock;
  readonly mostKeys?: number;
}): RateCounts {
  const windows = new Map<string, { count: number; readonly endsAt: number }>();
  return {
    async add(key) {
      const now = clock();
      let window = windows.get(key);
      if (window === undefined || now >= window.endsAt) window = { count: 0, endsAt: now + windowMs };
      window.count += 1;
      windows.delete(key);
      if (windows.size >= mostKeys) windows.delete(windows.keys().next().value ?? "");
      windows.set(key, window);
      return { count: window.count, leftMs: window.endsAt - now };
    },
  };
}

/** One step, so that no crash leaves a key without an end. */
const COUNT = `
local count = redis.call("INCR", KEYS[1])
local left = redis.call("PTTL", KEYS[1])
if left < 0 then
  redis.call("PEXPIRE", KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`;

/** Adds the command to a connection; returns how to run it. */
export function redisCounts(redis: Redis, prefix: string, windowMs: number): RateCounts {
  return {
    async add(key) {
      if (redis.status !== "ready") throw new Error(`Redis is ${redis.status}`);
      const result: unknown = await redis.eval(COUNT, 1, `${prefix}${key}`, windowMs);
      const [count, leftMs] = Array.isArray(result) ? (result as unknown[]) : [];
      if (typeof count !== "number" || typeof leftMs !== "number")
        throw new Error(`Redis counted ${JSON.stringify(result)}`);
      return { count, leftMs };
    },
  };
}

/** Counts together with the others, and alone while that fails. */
export function sharedCounts({
  shared,
  own,
  clock,
  onAlone,
}: {
  readonly shared: RateCounts;
  readonly own: RateCounts;
  readonly clock: Clock;
  /** Called for each count that the others do not know of. */
  readonly onAlone: () => void;
}): RateCounts {
  let aloneUntil = 0;
  return {
    async add(key) {
      if (clock() >= aloneUntil) {
        try {
          return await shared.add(key);
        } catch {
          // The connection reports its own errors; what matters here is that the request goes on.
          aloneUntil = clock() + LEFT_ALONE_MS;
        }
      }
      onAlone();
      return await own.add(key);
    },
  };
}
