/**
 * Removes stored content that no event can refer to any more: its day and the retention that the plan gives for its
 * topic are over. Content that a rolled-back transaction or a crash left behind has the same kind of key and is removed
 * in the same way. Content of rows that wait in the outbox, or are parked, is kept, regardless of its age. Every
 * instance does this; removing an object twice is harmless.
 */

import { pause } from "../clock.ts";
import type { Contract } from "../contract.ts";
import type { Queryable } from "../storage/database.ts";
import { CLAIM_HEADER, parseClaimKey } from "./reference.ts";
import type { ClaimCheckStore } from "./store.ts";

export interface ClaimCleanupOptions {
  readonly contract: Pick<Contract, "service" | "claimChecks">;
  readonly store: ClaimCheckStore;
  readonly database: Queryable;
  readonly onRemoved: (count: number) => void;
  readonly onError: (error: unknown) => void;
  /** Milliseconds between rounds. @default 3600000 */
  readonly everyMs?: number;
}

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

/**
 * Returns the earliest time at which content of a day may be removed, in milliseconds since the epoch. The content may
 * have been stored at the end of the day.
 */
export function endOfClaim(day: string, keepMs: number): number {
  return Date.parse(day) + DAY_MS + keepMs;
}

/**
 * Runs one round over all topics whose content the service stores; returns the number of removed objects. Uses the
 * database's clock, which is the same for all instances.
 */
export async function removeExpiredClaims({
  contract,
  store,
  database,
}: Pick<ClaimCleanupOptions, "contract" | "store" | "database">): Promise<number> {
  let removed = 0;
  const [time] = await database.query<{ now: string }>({
    text: "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now",
  });
  const now = Number(time?.now ?? 0);
  for (const { topic, keepMs } of contract.claimChecks?.stores ?? []) {
    if (keepMs === undefined) continue;
    for await (const keys of store.list(`${topic}/${contract.service}/`)) {
      const expired = keys.filter((key) => endOfClaim(parseClaimKey(key)?.day ?? "", keepMs) < now);
      // Keys are sorted by day: after the first page without expired keys there is nothing to remove.
      if (expired.length === 0) break;
      const waiting = await waitingKeys(database, expired);
      const gone = expired.filter((key) => !waiting.has(key));
      await store.remove(gone);
      removed += gone.length;
    }
  }
  return removed;
}

/** Returns the keys that an unpublished event refers to, including parked events. */
async function waitingKeys(database: Queryable, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ key: string }>({
    text: `SELECT headers ->> $1 AS key FROM outbox WHERE headers ->> $1 = ANY($2::text[])
           UNION SELECT headers ->> $1 FROM outbox_parked WHERE headers ->> $1 = ANY($2::text[])`,
    values: [CLAIM_HEADER.key, keys],
  });
  return new Set(rows.map(({ key }) => key));
}

/** Runs the clean-up until stopped; returns the function that stops it. */
export function startClaimCleanup(options: ClaimCleanupOptions): () => Promise<void> {
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      try {
        options.onRemoved(await removeExpiredClaims(options));
      } catch (error) {
        options.onError(error);
      }
      await pause(options.everyMs ?? EVERY_MS, stopping.signal);
    }
  })();
  return async () => {
    stopping.abort();
    await loop;
  };
}
