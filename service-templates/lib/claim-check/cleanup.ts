/**
 * Removes stored content that nobody can refer to any more: its day, and the time the plan gives for its topic, are over.
 * What a rolled-back transaction or a crash left behind has the same keys and goes the same way. Rows that still wait in
 * the outbox, or are parked, keep their content, however old they are. Every instance does it; removing twice harms nobody.
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

/** When content of a day may go at the earliest, in milliseconds since the epoch: it may have been stored at the day's last moment. */
export function endOfClaim(day: string, keepMs: number): number {
  return Date.parse(day) + DAY_MS + keepMs;
}

/** One round over all topics that the service stores; gives back how many objects went. By the database's clock, which is the same for all instances. */
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
      // Sorted by day: behind the first that stays there is nothing to do.
      if (expired.length === 0) break;
      const waiting = await waitingKeys(database, expired);
      const gone = expired.filter((key) => !waiting.has(key));
      await store.remove(gone);
      removed += gone.length;
    }
  }
  return removed;
}

/** Of these keys, those that an event refers to which is not published yet, parked ones too. */
async function waitingKeys(database: Queryable, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ key: string }>({
    text: `SELECT headers ->> $1 AS key FROM outbox WHERE headers ->> $1 = ANY($2::text[])
           UNION SELECT headers ->> $1 FROM outbox_parked WHERE headers ->> $1 = ANY($2::text[])`,
    values: [CLAIM_HEADER.key, keys],
  });
  return new Set(rows.map(({ key }) => key));
}

/** Cleans until stopped; gives back how to stop it. */
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
