/**
 * Redis as a cache: every call has a short timeout and a result for an outage, so that an outage of Redis only costs
 * speed. Its content is not trusted: callers validate every value.
 */
import { Redis } from "ioredis";
import type { RedisConfig } from "../config.ts";

export interface Cache {
  /**
   * Returns the values of the keys; undefined for a value that is absent, empty, not text or too long, and for all keys
   * if Redis does not answer.
   */
  get(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Stores values with a time to live in seconds, on a best-effort basis. */
  set(values: ReadonlyMap<string, string>, ttlSeconds: number): Promise<void>;
  available(): boolean;
  close(): Promise<void>;
}

/** Longest wait for Redis in milliseconds: hot paths use it. */
const COMMAND_LIMIT_MS = 50;
/** Longest value that is read, in bytes. */
const LONGEST_VALUE = 16_384;

/**
 * Opens a connection. Each command succeeds or fails within 50 ms, and fails at once during an outage of Redis. Errors
 * are reported to `onError`.
 */
export function connectRedis(config: RedisConfig, onError: (error: unknown) => void): Redis {
  const redis = new Redis({
    host: config.host,
    port: config.port,
    username: config.username,
    password: config.password,
    ...(config.ca === undefined ? {} : { tls: { ca: config.ca } }),
    commandTimeout: COMMAND_LIMIT_MS,
    // During an outage, commands fail at once instead of being queued.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // The check sends INFO, which the service's user may not do.
    enableReadyCheck: false,
    retryStrategy: (attempt) => Math.min(2_000, attempt * 100),
  });
  redis.on("error", onError);
  return redis;
}

export function openCache(config: RedisConfig, onError: (error: unknown) => void): Cache {
  const redis = connectRedis(config, onError);
  return {
    async get(keys) {
      if (keys.length === 0 || redis.status !== "ready") return keys.map(() => undefined);
      try {
        const pipeline = redis.pipeline();
        // GET is not used: a large value of another client must not fill this process's memory.
        for (const key of keys) pipeline.getrange(key, 0, LONGEST_VALUE);
        // Each command has its own result: a key with another type does not affect the others.
        const answers = (await pipeline.exec()) ?? [];
        const failed = answers.find(([error]) => error !== null);
        if (failed !== undefined) onError(failed[0]);
        return keys.map((_, place) => {
          const value = answers[place]?.[1];
          return typeof value === "string" && value !== "" && value.length <= LONGEST_VALUE ? value : undefined;
        });
      } catch (error) {
        onError(error);
        return keys.map(() => undefined);
      }
    },
    async set(values, ttlSeconds) {
      if (values.size === 0 || redis.status !== "ready") return;
      try {
        const pipeline = redis.pipeline();
        for (const [key, value] of values) pipeline.set(key, value, "EX", ttlSeconds);
        await pipeline.exec();
      } catch (error) {
        onError(error);
      }
    },
    available: () => redis.status === "ready",
    async close() {
      redis.disconnect();
    },
  };
}
