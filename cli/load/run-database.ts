/** A database that a run reads and that may restart during the run: queries wait and are retried. */
import { setTimeout as pause } from "node:timers/promises";
import { databaseFaultOf } from "@event-platform-kit/service/storage/database-faults";
import type pg from "pg";
import { KitError } from "../errors.ts";

/** The part of a connection that a run uses. Every statement may run twice, because the answer to the first may be lost. */
export interface RunDatabase {
  query<R extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<Pick<pg.QueryResult<R>, "rows" | "rowCount">>;
}

/** A connection as {@link RunDatabase} needs it. */
export interface RunConnection extends RunDatabase {
  end(): Promise<void>;
}

/** Number and duration of the database's outages during a run's queries. */
export interface Interruptions {
  readonly times: number;
  readonly ms: number;
}

/** A database that outlives its connections. */
export interface LastingDatabase extends RunDatabase {
  /** Since it was opened. */
  interruptions(): Interruptions;
}

/** Options besides the connection. */
export interface LastingOptions {
  /** Ends the waiting with `KIT_CANCELLED`. */
  readonly signal: AbortSignal;
  /** Maximum duration of an outage, in milliseconds. @default 120000 */
  readonly limitMs?: number;
  /** Between two attempts, in milliseconds. @default 500 */
  readonly everyMs?: number;
}

const LIMIT_MS = 120_000;
const EVERY_MS = 500;

/**
 * Connects at once, and again after every outage.
 * @param connect - Opens a connection.
 * @throws whatever the first `connect` throws. Queries throw errors that are not caused by an outage; `KIT_CANCELLED`; the last
 * error when an outage exceeds the limit.
 */
export async function lastingDatabase(
  connect: () => Promise<RunConnection>,
  { signal, limitMs = LIMIT_MS, everyMs = EVERY_MS }: LastingOptions,
): Promise<LastingDatabase> {
  let connection: Promise<RunConnection> | undefined = Promise.resolve(await connect());
  let times = 0;
  let ms = 0;
  /** Start of the current outage, over all waiting queries. */
  let awaySince: number | undefined;

  async function attempt<T>(work: (open: RunConnection) => Promise<T>): Promise<T> {
    const used = (connection ??= connect());
    try {
      return await work(await used);
    } catch (error) {
      if (isAway(error) && connection === used) {
        connection = undefined;
        void used.then((open) => open.end()).catch(() => undefined);
      }
      throw error;
    }
  }

  return {
    async query<R extends pg.QueryResultRow>(statement: string | pg.QueryConfig, values?: unknown[]) {
      const end = performance.now() + limitMs;
      for (;;) {
        try {
          const result = await attempt((open) => open.query<R>(statement, values));
          if (awaySince !== undefined) {
            ms += performance.now() - awaySince;
            awaySince = undefined;
          }
          return result;
        } catch (error) {
          if (!isAway(error) || performance.now() > end) throw error;
          if (awaySince === undefined) {
            awaySince = performance.now();
            times += 1;
          }
        }
        await pause(everyMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw new KitError("KIT_CANCELLED", "benchmark");
      }
    },
    interruptions: () => ({
      times,
      ms: Math.round(ms + (awaySince === undefined ? 0 : performance.now() - awaySince)),
    }),
  };
}

/** Whether the server was unreachable or rejected the connection because it restarts; the reason may be in the cause. */
function isAway(error: unknown): boolean {
  return (
    databaseFaultOf(error) === "unavailable" ||
    (error instanceof Error && error.cause !== undefined && isAway(error.cause))
  );
}
