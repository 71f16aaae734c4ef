/**
 * Removes rows that have served their time, in small portions, so that no clean-up is ever noticed. Every instance
 * does it; each leaves out what another is removing. A look costs what it removes, whatever the table holds: oldest
 * rows first, through a B-tree on the column that counts, beginning where the last portion ended, so that entries of
 * removed rows that vacuum has not taken out of the index yet are not read again and again.
 */
import { pause } from "../clock.ts";
import type { Queryable } from "./database.ts";

/** Rows of a table that may go. */
export interface Retention {
  readonly table: string;
  /** Column with the time that counts; the table has a B-tree index that begins with it. */
  readonly column: string;
  /** Hours a row is kept. */
  readonly keepHours: number;
  /** SQL condition on the row, called `t`, that must hold as well. Few old rows fail it: they are looked at again every hour. @default none */
  readonly only?: string;
}

/** A table in parts, of which the database itself empties those that are old. */
export interface PartRetention {
  readonly table: string;
  /** Function of the table's owner that empties them; takes no argument, gives back how many. */
  readonly emptiedBy: string;
}

const DAY_HOURS = 24;
/** At least the topics' retention: what is older cannot come again. */
const KEEP_DAYS = 8;
/** Long enough to look back at a resolved letter; its actions are kept without limit. */
const KEEP_LETTER_DAYS = 30;
/** A letter can be replayed as long as it is there, and so long its event must be known. Few inbox rows are kept for it. */
const HAS_NO_LETTER = "NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = t.event_id::text)";
/** Worked on, and not lately: the record of its last replay is in no topic any more. */
const IS_RESOLVED = `EXISTS (SELECT FROM dead_letter_actions a WHERE a.letter_id = t.letter_id)
  AND NOT EXISTS (SELECT FROM dead_letter_actions a WHERE a.letter_id = t.letter_id AND a.at > now() - interval '${KEEP_DAYS} days')`;

/** What every service with a database keeps for a time only. Dead-letter records that nobody worked on are never removed. */
export const MESSAGING_RETENTION: readonly (Retention | PartRetention)[] = [
  { table: "outbox_published", emptiedBy: "drop_old_outbox_published" },
  { table: "inbox", column: "processed_at", keepHours: KEEP_DAYS * DAY_HOURS, only: HAS_NO_LETTER },
  { table: "dead_letters", column: "failed_at", keepHours: KEEP_LETTER_DAYS * DAY_HOURS, only: IS_RESOLVED },
];

const PORTION = 2_000;
const EVERY_MS = 60_000;
/** How long a clean-up goes on where its last portion ended, then it looks from the beginning: for rows that another instance did not remove after all. */
const FROM_START_MS = 3_600_000;
const BEGINNING = "-infinity";

/** What one portion was. */
export interface Portion {
  readonly removed: number;
  /** Time of its newest row, as the database writes it; null when it was empty. */
  readonly newest: string | null;
}

/** The statement that removes one portion. @param from - Time as the database writes it; older rows are not looked at. */
export function portionStatement(
  { table, column, keepHours, only }: Retention,
  portion: number,
  from: string,
): { readonly text: string; readonly values: readonly unknown[] } {
  return {
    text: `WITH old AS (
             SELECT t.ctid, t.${column} AS at FROM ${table} t
              WHERE t.${column} >= $3::timestamptz AND t.${column} < now() - make_interval(hours => $1)${only === undefined ? "" : ` AND ${only}`}
              ORDER BY t.${column} LIMIT $2 FOR UPDATE OF t SKIP LOCKED),
           gone AS (DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1)
           SELECT (SELECT count(*) FROM gone) AS removed, (SELECT max(at) FROM old)::text AS newest`,
    values: [keepHours, portion, from],
  };
}

/** Removes one portion. By the database's clock, which is the same for all instances. */
export async function removePortion(
  database: Queryable,
  retention: Retention,
  portion = PORTION,
  from = BEGINNING,
): Promise<Portion> {
  const [row] = await database.query<{ removed: string; newest: string | null }>(
    portionStatement(retention, portion, from),
  );
  return { removed: Number(row?.removed ?? 0), newest: row?.newest ?? null };
}

/** Empties the old parts of a table; gives back how many. */
export async function emptyParts(database: Queryable, { emptiedBy }: PartRetention): Promise<number> {
  const [row] = await database.query<{ emptied: number }>({ text: `SELECT ${emptiedBy}() AS emptied` });
  return row?.emptied ?? 0;
}

export interface CleanupOptions {
  readonly database: Queryable;
  readonly retention: readonly (Retention | PartRetention)[];
  readonly onError: (error: unknown, table: string) => void;
  /** Milliseconds between rounds; a round that found a full portion is followed by the next after a hundredth of it. @default 60000 */
  readonly everyMs?: number;
}

/** Cleans until stopped; gives back how to stop it. */
export function startCleanup(options: CleanupOptions): () => Promise<void> {
  const everyMs = options.everyMs ?? EVERY_MS;
  const stopping = new AbortController();
  /** Where each table's last portion ended. */
  const reached = new Map<string, string>();
  let fromStartAt = performance.now() + FROM_START_MS;

  /** True when there may be more. */
  async function clean(retention: Retention | PartRetention): Promise<boolean> {
    if ("emptiedBy" in retention) {
      await emptyParts(options.database, retention);
      return false;
    }
    const { removed, newest } = await removePortion(options.database, retention, PORTION, reached.get(retention.table));
    // Older rows that fail the condition now and meet it later are found when it looks from the beginning.
    if (newest !== null) reached.set(retention.table, newest);
    return removed === PORTION;
  }

  const loop = (async () => {
    let more = false;
    while (!stopping.signal.aborted) {
      await pause(more ? everyMs / 100 : everyMs, stopping.signal);
      more = false;
      if (performance.now() >= fromStartAt) {
        fromStartAt = performance.now() + FROM_START_MS;
        reached.clear();
      }
      for (const retention of options.retention) {
        if (stopping.signal.aborted) return;
        try {
          more = (await clean(retention)) || more;
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
