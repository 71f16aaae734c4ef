/**
 * Removes expired rows in small portions, so that the clean-up does not disturb other work. Every instance does this;
 * each skips rows that another one is removing. The cost depends on the removed rows, not on the size of the table: it
 * takes the oldest rows first, through a B-tree on the time column, and begins where the last portion ended. So it does
 * not read again and again the index entries of removed rows that vacuum has not removed yet.
 */
import { pause } from "../clock.ts";
import type { Queryable } from "./database.ts";

/** Rows of a table that are removed after a time. */
export interface Retention {
  readonly table: string;
  /** Column with the relevant time; the table has a B-tree index that begins with it. */
  readonly column: string;
  /** Hours for which a row is kept. */
  readonly keepHours: number;
  /** Additional SQL condition on the row, called `t`. Few old rows fail it: they are checked again every hour. @default none */
  readonly only?: string;
}

/** A partitioned table whose old partitions the database itself empties. */
export interface PartRetention {
  readonly table: string;
  /** Function of the table's owner that empties them; takes no argument, returns their number. */
  readonly emptiedBy: string;
}

const DAY_HOURS = 24;
/** At least the topics' retention: older events cannot be redelivered. */
const KEEP_DAYS = 8;
/** Long enough to look back at a resolved dead-letter record; its actions are kept without limit. */
const KEEP_LETTER_DAYS = 30;
/**
 * A dead-letter record can be replayed as long as it exists, so its event must stay known for that time. This keeps few
 * inbox rows.
 */
const HAS_NO_LETTER = "NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = t.event_id::text)";
/** Resolved, and not recently: the record of its last replay is no longer in any topic. */
const IS_RESOLVED = `EXISTS (SELECT FROM dead_letter_actions a WHERE a.letter_id = t.letter_id)
  AND NOT EXISTS (SELECT FROM dead_letter_actions a WHERE a.letter_id = t.letter_id AND a.at > now() - interval '${KEEP_DAYS} days')`;

/** Retention of the rows that every service with a database has. Unresolved dead-letter records are never removed. */
export const MESSAGING_RETENTION: readonly (Retention | PartRetention)[] = [
  { table: "outbox_published", emptiedBy: "drop_old_outbox_published" },
  { table: "inbox", column: "processed_at", keepHours: KEEP_DAYS * DAY_HOURS, only: HAS_NO_LETTER },
  { table: "dead_letters", column: "failed_at", keepHours: KEEP_LETTER_DAYS * DAY_HOURS, only: IS_RESOLVED },
];

const PORTION = 2_000;
const EVERY_MS = 60_000;
/**
 * Time after which a clean-up starts from the beginning again, instead of where its last portion ended. This finds rows
 * that another instance had locked but did not remove.
 */
const FROM_START_MS = 3_600_000;
const BEGINNING = "-infinity";

/** Result of one portion. */
export interface Portion {
  readonly removed: number;
  /** Time of its newest row, in the database's format; null if the portion was empty. */
  readonly newest: string | null;
}

/**
 * Returns the statement that removes one portion.
 * @param from - Time in the database's format; older rows are not checked.
 */
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

/** Removes one portion. Uses the database's clock, which is the same for all instances. */
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

/** Empties the old partitions of a table; returns their number. */
export async function emptyParts(database: Queryable, { emptiedBy }: PartRetention): Promise<number> {
  const [row] = await database.query<{ emptied: number }>({ text: `SELECT ${emptiedBy}() AS emptied` });
  return row?.emptied ?? 0;
}

export interface CleanupOptions {
  readonly database: Queryable;
  readonly retention: readonly (Retention | PartRetention)[];
  readonly onError: (error: unknown, table: string) => void;
  /**
   * Milliseconds between rounds; after a round with a full portion, the next one follows after a hundredth of this
   * time. @default 60000
   */
  readonly everyMs?: number;
}

/** Runs the clean-up until stopped; returns the function that stops it. */
export function startCleanup(options: CleanupOptions): () => Promise<void> {
  const everyMs = options.everyMs ?? EVERY_MS;
  const stopping = new AbortController();
  /** End of each table's last portion. */
  const reached = new Map<string, string>();
  let fromStartAt = performance.now() + FROM_START_MS;

  /** Returns true if there may be more rows. */
  async function clean(retention: Retention | PartRetention): Promise<boolean> {
    if ("emptiedBy" in retention) {
      await emptyParts(options.database, retention);
      return false;
    }
    const { removed, newest } = await removePortion(options.database, retention, PORTION, reached.get(retention.table));
    // Older rows that fail the condition now and meet it later are found when the clean-up starts from the beginning.
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
