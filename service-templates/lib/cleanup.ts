/**
 * Removes rows that have served their time, in small portions, so that no clean-up is ever noticed.
 * Every instance does it; each leaves out what another is removing.
 */
import { pause } from "./clock.ts";
import type { Queryable } from "./database.ts";

/** Rows of a table that may go. */
export interface Retention {
  readonly table: string;
  /** Column with the time that counts. */
  readonly column: string;
  /** Hours a row is kept. */
  readonly keepHours: number;
  /** SQL condition on the row, called `t`, that must hold as well. @default none */
  readonly only?: string;
}

const DAY_HOURS = 24;
/** At least the topics' retention: what is older cannot come again. */
const KEEP_DAYS = 8;
/** Long enough to look back at a resolved letter; its actions are kept without limit. */
const KEEP_LETTER_DAYS = 30;

/** What every service with a database keeps for a time only. Dead letters that nobody worked on are never removed. */
export const MESSAGING_RETENTION: readonly Retention[] = [
  { table: "outbox_published", column: "published_at", keepHours: KEEP_DAYS * DAY_HOURS },
  { table: "inbox", column: "processed_at", keepHours: KEEP_DAYS * DAY_HOURS },
  {
    table: "dead_letters", column: "failed_at", keepHours: KEEP_LETTER_DAYS * DAY_HOURS,
    only: "EXISTS (SELECT 1 FROM dead_letter_actions a WHERE a.letter_id = t.letter_id)",
  },
];

const PORTION = 2_000;
const EVERY_MS = 60_000;

/** Removes one portion; gives back how many rows went. By the database's clock, which is the same for all instances. */
export async function removePortion(database: Queryable, { table, column, keepHours, only }: Retention, portion = PORTION): Promise<number> {
  const rows = await database.query<{ count: string }>({
    text: `WITH old AS (
             SELECT t.ctid FROM ${table} t WHERE t.${column} < now() - make_interval(hours => $1)${only === undefined ? "" : ` AND ${only}`}
              LIMIT $2 FOR UPDATE OF t SKIP LOCKED),
           gone AS (DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1)
           SELECT count(*) FROM gone`,
    values: [keepHours, portion],
  });
  return Number(rows[0]?.count ?? 0);
}

export interface CleanupOptions {
  readonly database: Queryable;
  readonly retention: readonly Retention[];
  readonly onError: (error: unknown, table: string) => void;
  /** Milliseconds between rounds; a round that found a full portion is followed by the next after a hundredth of it. @default 60000 */
  readonly everyMs?: number;
}

/** Cleans until stopped; gives back how to stop it. */
export function startCleanup(options: CleanupOptions): () => Promise<void> {
  const everyMs = options.everyMs ?? EVERY_MS;
  const stopping = new AbortController();
  const loop = (async () => {
    let more = false;
    while (!stopping.signal.aborted) {
      await pause(more ? everyMs / 100 : everyMs, stopping.signal);
      more = false;
      for (const retention of options.retention) {
        if (stopping.signal.aborted) return;
        try {
          more = await removePortion(options.database, retention) === PORTION || more;
        } catch (error) {
          options.onError(error, retention.table);
        }
      }
    }
  })();
  return async () => {
    stopping.abort();
    await loop;
  };
}
