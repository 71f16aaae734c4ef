/**
 * The relay: brings outbox rows to their topics. It is woken in the process right after a commit
 * (no NOTIFY: it halves the database's throughput) and polls as a fall-back for what a crash left behind.
 *
 * A drain holds the advisory locks of its shards for one transaction: lock, read by position,
 * publish, move, commit. So one instance at a time works on a shard, order per key is kept with any
 * number of instances, each instance relays at once what it wrote, and a killed one frees its locks.
 * "Position greater than last seen" is not used: positions do not become visible in their order.
 * A crash between publishing and moving publishes again; the consumers' inbox removes the copy.
 */
import type { Codec } from "./codec.ts";
import { frame } from "./codec.ts";
import type { Clock } from "./clock.ts";
import { pause } from "./clock.ts";
import type { Database, Transaction } from "./database.ts";
import type { PassPoint } from "./fault-points.ts";
import { NO_FAULTS } from "./fault-points.ts";
import type { OutgoingRecord, Publisher } from "./kafka.ts";
import { SHARDS } from "./outbox.ts";
import { backoff } from "./retry.ts";

export interface RelayOptions {
  readonly database: Database;
  readonly publisher: Publisher;
  readonly codec: Codec;
  /** Rows per drain. @default 500 */
  readonly batch?: number;
  /** Milliseconds between looks for rows that a crash left behind. @default 250 */
  readonly pollMs?: number;
  /**
   * Milliseconds for which events that nobody waits for are gathered. One by one, each costs a transaction, a request to the
   * leader of its partition and one of every replica; together they share them. @default 500
   */
  readonly gatherMs?: number;
  readonly passPoint?: PassPoint;
  readonly clock: Clock;
  readonly onPublished: (count: number, seconds: number) => void;
  readonly onError: (error: unknown) => void;
}

export interface Relay {
  /** Publishes what these shards hold: at once, or, when nobody waits for it, together with what comes within `gatherMs`. */
  wake(shards: ReadonlySet<number>, hurried?: boolean): void;
  start(): void;
  /** Publishes what is left, within the limit, then stops. */
  stop(limitMs: number): Promise<void>;
}

interface OutboxRow extends Record<string, unknown> {
  readonly position: string;
  readonly topic: string;
  readonly key: Buffer | null;
  readonly event_type: string;
  readonly body: Buffer | null;
  readonly schema_id: number | null;
  readonly raw: boolean;
  readonly headers: Record<string, string>;
}

/** First half of the two-part advisory lock key, so that nothing else in the database meets it. */
const LOCK_SPACE = 0x6b6974; // "kit"

export function outboxRelay(options: RelayOptions): Relay {
  const batchSize = options.batch ?? 500;
  const pollMs = options.pollMs ?? 250;
  const gatherMs = options.gatherMs ?? 500;
  const passPoint = options.passPoint ?? NO_FAULTS;
  const woken = new Set<number>();
  /** Shards with events that nobody waits for, and until when more of them are awaited, by the monotonic clock. */
  const gathering = new Set<number>();
  let gatheredAt = Number.POSITIVE_INFINITY;
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;
  let awaken: (() => void) | undefined;

  function wake(shards: Iterable<number>, hurried = true): void {
    if (!hurried) {
      if (gathering.size === 0) gatheredAt = performance.now() + gatherMs;
      for (const shard of shards) gathering.add(shard);
    } else for (const shard of shards) woken.add(shard);
    awaken?.();
  }

  /** Shards to be published now. Who goes at once takes along what was gathered in the same shard: per key there is one order. */
  function takeDue(): readonly number[] {
    const due = [...woken, ...(performance.now() >= gatheredAt ? [...gathering].filter((shard) => !woken.has(shard)) : [])];
    woken.clear();
    for (const shard of due) gathering.delete(shard);
    if (gathering.size === 0) gatheredAt = Number.POSITIVE_INFINITY;
    return due;
  }

  /** Publishes one batch of the shards' rows; true when there may be more. */
  async function drain(shards: readonly number[], wait: boolean): Promise<boolean> {
    const started = options.clock();
    const count = await options.database.transaction(async (tx) => {
      const rows = await lockAndRead(tx, shards, wait);
      if (rows.length === 0) return 0;
      await options.publisher.publish(await Promise.all(rows.map(toRecord)));
      passPoint("after-publish");
      // Goes out together with COMMIT.
      void tx.query({
        name: "relay-move",
        text: `WITH done AS (
                 DELETE FROM outbox WHERE position = ANY($1::bigint[]) RETURNING position, event_id, topic, key, event_type, created_at)
               INSERT INTO outbox_published (position, event_id, topic, key, event_type, created_at) SELECT * FROM done`,
        values: [rows.map((row) => row.position)],
      });
      return rows.length;
    });
    if (count > 0) options.onPublished(count, (options.clock() - started) / 1_000);
    return count === batchSize;
  }

  /** Takes the shards' locks in their order, so that two instances never wait for each other crosswise, and reads what they hold. */
  async function lockAndRead(tx: Transaction, shards: readonly number[], wait: boolean): Promise<readonly OutboxRow[]> {
    const ordered = shards.toSorted((a, b) => a - b);
    if (wait) {
      // The read begins when the locks are held: it sees what their last holder left.
      const [, rows] = await Promise.all([
        tx.query({
          name: "relay-lock",
          // Losing this transaction's commit in a crash only means publishing again, so it need not wait for the disk.
          text: `SELECT set_config('synchronous_commit', 'off', true), count(pg_advisory_xact_lock(${LOCK_SPACE}, shard)::text)
                   FROM unnest($1::int[]) AS shard`,
          values: [ordered],
          harmless: true,
        }),
        read(tx, ordered),
      ]);
      return rows;
    }
    const rows = await tx.query<{ shard: number; taken: boolean }>({
      name: "relay-try-lock",
      text: `SELECT shard, pg_try_advisory_xact_lock(${LOCK_SPACE}, shard) AS taken, set_config('synchronous_commit', 'off', true)
               FROM unnest($1::int[]) AS shard`,
      values: [ordered],
      harmless: true,
    });
    const taken = rows.filter((row) => row.taken).map((row) => row.shard);
    return taken.length === 0 ? [] : await read(tx, taken);
  }

  function read(tx: Transaction, shards: readonly number[]): Promise<readonly OutboxRow[]> {
    return tx.query<OutboxRow>({
      name: "relay-read",
      text: `SELECT position, topic, key, event_type, body, schema_id, raw, headers FROM outbox
              WHERE shard = ANY($1::smallint[]) ORDER BY position LIMIT $2`,
      values: [shards, batchSize],
      harmless: true,
    });
  }

  async function toRecord(row: OutboxRow): Promise<OutgoingRecord> {
    const value = row.raw || row.body === null ? row.body : frame(row.schema_id ?? await options.codec.schemaId(row.event_type), row.body);
    return { topic: row.topic, key: row.key, value, headers: row.headers };
  }

  /** Shards with rows that no wake-up announced. */
  async function leftBehind(): Promise<readonly number[]> {
    const rows = await options.database.query<{ shard: number }>({
      name: "relay-poll",
      text: "SELECT DISTINCT shard FROM (SELECT shard FROM outbox ORDER BY position LIMIT $1) AS waiting",
      values: [batchSize],
    });
    return rows.map((row) => row.shard);
  }

  async function run(): Promise<void> {
    let failures = 0;
    // By the monotonic clock: a wall clock that is set back must not stop the looking.
    let lookAt = performance.now();
    while (!stopping.signal.aborted) {
      try {
        const waitMs = lookAt - performance.now();
        if (waitMs <= 0) {
          // Also when there is always something to do: what another instance left behind must not wait for a quiet moment.
          lookAt = performance.now() + pollMs;
          const waiting = (await leftBehind()).filter((shard) => !gathering.has(shard));
          // Another instance may be publishing these right now: then its lock is not waited for.
          if (waiting.length > 0 && await drain(waiting, false)) wake(waiting);
        } else {
          const shards = takeDue();
          if (shards.length === 0) await idle(Math.min(waitMs, gatheredAt - performance.now()));
          else if (await drain(shards, true)) wake(shards);
        }
        failures = 0;
      } catch (error) {
        failures += 1;
        options.onError(error);
        wake(allShards());
        await pause(backoff(failures), stopping.signal);
      }
    }
  }

  /** Until woken, stopped, or the time has passed. */
  function idle(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        awaken = undefined;
        resolve();
      };
      const timer = setTimeout(finish, ms);
      awaken = finish;
    });
  }

  return {
    wake,
    start() {
      loop ??= run();
    },
    async stop(limitMs) {
      stopping.abort();
      awaken?.();
      await loop;
      const deadline = options.clock() + limitMs;
      // Best effort: what is left is published by the next start or by another instance.
      try {
        while (options.clock() < deadline && await drain(allShards(), false));
      } catch (error) {
        options.onError(error);
      }
    },
  };
}

function allShards(): readonly number[] {
  return Array.from({ length: SHARDS }, (_, shard) => shard);
}
