/**
 * Counts events within a time window, by key. Instances count together in Redis if it is configured. If Redis is not
 * configured or does not answer, each instance counts alone: the limits then apply per instance, and no request fails.
 */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Redis } from "ioredis";

/** State of a window after a count. */
export interface WindowCount {
  readonly count: number;
  /** Milliseconds until the window ends and a new count begins. */
  readonly leftMs: number;
}

/** Counts by key. */
export interface RateCounts {
  /** Adds one to the count of a key. */
  add(key: string): Promise<WindowCount>;
}

/** Most keys in one instance; those unused for longest are removed first. */
const MOST_KEYS = 20_000;
/** How long Redis is not used after a failure, in milliseconds: each attempt delays its request. */
const LEFT_ALONE_MS = 1_000;

/** Returns counts of this process only. */
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

/** One atomic script, so that no crash leaves a key without an expiry. */
const COUNT = `
local count = redis.call("INCR", KEYS[1])
local left = redis.call("PTTL", KEYS[1])
if left < 0 then
  redis.call("PEXPIRE", KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`;

/** Returns counts that are stored in Redis. */
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

/** Returns counts that are shared with other instances, and local while sharing fails. */
export function sharedCounts({
  shared,
  own,
  clock,
  onAlone,
}: {
  readonly shared: RateCounts;
  readonly own: RateCounts;
  readonly clock: Clock;
  /** Called for each count that is not shared. */
  readonly onAlone: () => void;
}): RateCounts {
  let aloneUntil = 0;
  return {
    async add(key) {
      if (clock() >= aloneUntil) {
        try {
          return await shared.add(key);
        } catch {
          // The connection reports its own errors; here the request must only continue.
          aloneUntil = clock() + LEFT_ALONE_MS;
        }
      }
      onAlone();
      return await own.add(key);
    },
  };
}
