/** The relay's SQL statements: they lock shards, read their rows, and move the rows afterwards. */
import type { Database, Transaction } from "../storage/database.ts";
import type { Hold } from "./doubts.ts";
import type { StoredHeaders } from "./outbox-headers.ts";

export interface OutboxRow extends Record<string, unknown> {
  readonly position: string;
  readonly event_id: string;
  readonly topic: string;
  readonly key: Buffer | null;
  readonly event_type: string;
  readonly body: Buffer | null;
  readonly schema_id: number | null;
  readonly raw: boolean;
  readonly headers: StoredHeaders;
  /** Estimated size of the record in bytes, at most slightly too small. */
  readonly bytes: number;
}

/** A row to park, with the reason. */
export interface ParkedRow {
  readonly row: OutboxRow;
  readonly code: string;
  readonly message: string;
}

/** Limits of what one drain reads. */
export interface ReadLimits {
  readonly rows: number;
  /** Bytes of all rows together. One more row may be read, so that a large row is read at all. */
  readonly bytes: number;
}

/** First half of the two-part advisory lock key, so that it collides with nothing else in the database. */
const LOCK_SPACE = 0x6b6974; // "kit"

/** How long the relay waits for a row lock of another transaction, in milliseconds. */
const LOCK_TIMEOUT_MS = 1_000;
/**
 * The server ends a relay's transaction after this idle time, in milliseconds: its process is frozen or dead. While the
 * relay waits for Kafka, it sends a statement every `ALIVE_EVERY_MS`.
 */
const IDLE_LIMIT_MS = 1_500;
const ALIVE_EVERY_MS = 300;

/** Longest error message kept with a parked row, in characters. */
const MESSAGE_LIMIT = 1_000;

/** Excludes rows behind a parked row of the same topic and key. */
const NOT_BEHIND_PARKED =
  "NOT EXISTS (SELECT 1 FROM outbox_parked p WHERE p.key = o.key AND p.topic = o.topic AND p.position < o.position)";

/** Returns the statement that reads the rows of the locked shards, in order, up to a number of rows and of bytes. */
function readStatement(further: string): string {
  // The locked shards are looked up once, not per row.
  return `SELECT position, event_id, topic, key, event_type, body, schema_id, raw, headers, bytes FROM (
            SELECT waiting.*, sum(bytes) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) - bytes AS bytes_before FROM (
              SELECT position, event_id, topic, key, event_type, body, schema_id, raw, headers, bytes FROM outbox o
               WHERE shard = ANY((SELECT string_to_array(current_setting('kit.relay_shards'), ',')::smallint[])::smallint[]) AND ${NOT_BEHIND_PARKED}${further}
               ORDER BY position LIMIT $1) AS waiting) AS summed
           WHERE bytes_before < $2 ORDER BY position`;
}

const READ = { name: "relay-read", text: readStatement("") };
/** The same statement, without the topics and keys that are held back now. */
const READ_HOLDING = {
  name: "relay-read-holding",
  text: readStatement(
    " AND NOT EXISTS (SELECT 1 FROM unnest($3::text[], $4::bytea[]) AS h(topic, key) WHERE h.topic = o.topic AND (h.key IS NULL OR h.key = o.key))",
  ),
};

/**
 * Locks the free shards and reads their rows, in one round trip. The read begins when the locks are held, so it sees
 * what their last holder left.
 */
export async function lockAndRead(
  tx: Transaction,
  shards: readonly number[],
  limits: ReadLimits,
  holds: readonly Hold[],
): Promise<{ readonly taken: ReadonlySet<number>; readonly rows: readonly OutboxRow[] }> {
  const [locks, rows] = await Promise.all([
    tx.query<{ shards: string; read_only: string }>({
      name: "relay-lock",
      // If a crash loses this transaction's commit, the rows are only published again, so it does not wait for the disk.
      text: `WITH tried AS MATERIALIZED (SELECT shard, pg_try_advisory_xact_lock(${LOCK_SPACE}, shard) AS taken FROM unnest($1::int[]) AS shard)
             SELECT set_config('kit.relay_shards', coalesce(string_agg(shard::text, ',') FILTER (WHERE taken), ''), true) AS shards, current_setting('transaction_read_only') AS read_only,
                    set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true),
                    set_config('idle_in_transaction_session_timeout', '${IDLE_LIMIT_MS}', true)
               FROM tried`,
      values: [shards],
      harmless: true,
    }),
    tx.query<OutboxRow>({
      ...(holds.length === 0 ? READ : READ_HOLDING),
      values: [
        limits.rows,
        limits.bytes,
        ...(holds.length === 0 ? [] : [holds.map(({ topic }) => topic), holds.map(({ key }) => key)]),
      ],
      harmless: true,
    }),
  ]);
  // A read-only server rejects this statement. That is better than publishing again and again rows that cannot be moved.
  if (locks[0]?.read_only === "on" && rows.length > 0)
    await tx.query({ text: "SELECT 1 FROM outbox LIMIT 1 FOR UPDATE" });
  const taken = locks[0]?.shards ?? "";
  return { taken: new Set(taken === "" ? [] : taken.split(",").map(Number)), rows };
}

/** Runs work while it keeps the transaction from its idle timeout. */
export async function whileAlive<T>(tx: Transaction, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(
    () => void tx.query({ name: "relay-alive", text: "SELECT 1", harmless: true }).catch(() => undefined),
    ALIVE_EVERY_MS,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Moves published rows to `outbox_published`. The statement is sent together with the next one. */
export function movePublished(tx: Transaction, rows: readonly OutboxRow[]): void {
  if (rows.length === 0) return;
  void tx.query({
    name: "relay-move",
    text: `WITH done AS (
             DELETE FROM outbox WHERE position = ANY($1::bigint[]) RETURNING position, event_id, topic, key, event_type, created_at)
           INSERT INTO outbox_published (position, event_id, topic, key, event_type, created_at) SELECT * FROM done`,
    values: [rows.map((row) => row.position)],
  });
}

/** Moves rows to `outbox_parked`, each with its error. */
export function parkRows(tx: Transaction, parked: readonly ParkedRow[]): void {
  if (parked.length === 0) return;
  void tx.query({
    name: "relay-park",
    text: `WITH faults AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) AS f(position, code, message)),
                gone AS (DELETE FROM outbox o USING faults f WHERE o.position = f.position RETURNING o.*, f.code, f.message)
           INSERT INTO outbox_parked (position, event_id, shard, topic, key, event_type, body, schema_id, raw, headers, created_at, error_code, error_message)
           SELECT position, event_id, shard, topic, key, event_type, body, schema_id, raw, headers, created_at, code, message FROM gone`,
    values: [
      parked.map(({ row }) => row.position),
      parked.map(({ code }) => code),
      parked.map(({ message }) => message.replaceAll("\u0000", "\ufffd").slice(0, MESSAGE_LIMIT)),
    ],
  });
}

/**
 * Returns shards that have rows, including rows without a wake-up.
 * @param limit - Most rows that are checked.
 */
export async function shardsWithRows(database: Database, limit: number): Promise<readonly number[]> {
  const rows = await database.query<{ shard: number }>({
    name: "relay-poll",
    text: `SELECT DISTINCT shard FROM (SELECT shard FROM outbox o WHERE ${NOT_BEHIND_PARKED} ORDER BY position LIMIT $1) AS waiting`,
    values: [limit],
  });
  return rows.map((row) => row.shard);
}
