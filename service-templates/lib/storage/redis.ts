/**
 * Redis as a cache: every call has a short limit and an answer for its absence, so that losing Redis
 * costs speed and nothing else. What it holds may be anything: callers check what a value says.
 */
import { Redis } from "ioredis";
import type { RedisConfig } from "../config.ts";

export interface Cache {
  /** Values of the keys; undefined for what is absent, empty, no text or too long, for all when Redis does not answer. */
  get(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Stores best effort, with a time to live in seconds. */
  set(values: ReadonlyMap<string, string>, ttlSeconds: number): Promise<void>;
  available(): boolean;
  close(): Promise<void>;
}

/** Longest wait for Redis in milliseconds: it is asked on hot paths. */
const COMMAND_LIMIT_MS = 50;
/** Longest value that is read, in bytes. */
const LONGEST_VALUE = 16_384;

/** A connection whose commands are answered within 50 ms or fail, at once while Redis is away; its errors are reported. */
export function connectRedis(config: RedisConfig, onError: (error: unknown) => void): Redis {
  const redis = new Redis({
    host: config.host,
    port: config.port,
    username: config.username,
    password: config.password,
    ...(config.ca === undefined ? {} : { tls: { ca: config.ca } }),
    commandTimeout: COMMAND_LIMIT_MS,
    // While it is away commands fail at once instead of queueing up.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // The check sends INFO, which the service's user may not.
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
        // Not GET: whatever somebody else put there must not fill this process's memory.
        for (const key of keys) pipeline.getrange(key, 0, LONGEST_VALUE);
        // Each has an answer of its own: a key that holds something else than text spoils no other.
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
