/**
 * The relay publishes outbox rows to their topics. The process wakes it right after a commit (no NOTIFY: it halves the
 * database's throughput). It also polls, to find rows that a crash left behind.
 *
 * A drain holds the advisory locks of its shards for one transaction: lock, read by position, publish, move, commit. So
 * one instance at a time works on a shard, the order per key is kept with any number of instances, each instance
 * publishes its own rows at once, and a killed instance releases its locks. The relay never waits for a lock: it
 * retries a shard of another instance a moment later. An instance that is frozen during a drain blocks only its own
 * shards, for 1.5 seconds. The relay does not read "position greater than last seen", because positions do not become
 * visible in their order. After a crash between publishing and moving, the rows are published again; the consumers'
 * inbox removes the copy.
 *
 * A row that cannot be published for a reason of its own is parked (`outbox_parked`). The rows of its topic and key
 * wait behind it; all others are published. Outages, for example unavailable brokers, never park a row.
 */

import type { Clock } from "../clock.ts";
import { pause } from "../clock.ts";
import { messageOf, ServiceError } from "../errors.ts";
import type { Codec } from "../events/codec.ts";
import { frame } from "../events/codec.ts";
import type { PassPoint } from "../fault-points.ts";
import { NO_FAULTS } from "../fault-points.ts";
import type { OutgoingRecord, Publisher } from "../kafka/kafka.ts";
import { PublishError } from "../kafka/refusal.ts";
import { packRequests } from "../kafka/request-packing.ts";
import { backoff } from "../retry.ts";
import type { Database } from "../storage/database.ts";
import type { Tracer } from "../tracing/tracer.ts";
import { doubts } from "./doubts.ts";
import type { Isolation, Isolator, Refused } from "./isolation.ts";
import { isolator } from "./isolation.ts";
import { SHARDS } from "./outbox.ts";
import { restoredHeaders } from "./outbox-headers.ts";
import type { OutboxRow, ParkedRow } from "./outbox-shards.ts";
import { lockAndRead, movePublished, parkRows, shardsWithRows, whileAlive } from "./outbox-shards.ts";
import { sendSpans } from "./send-spans.ts";
export interface RelayOptions {
  readonly database: Database;
  readonly publisher: Publisher;
  readonly codec: Pick<Codec, "schemaId">;
  /** Rows per drain. @default 500 */
  readonly batch?: number;
  /** Bytes of rows per drain; one more row may be read. @default 4 MiB */
  readonly batchBytes?: number;
  /** Bytes of a record batch before compression; below every topic's max.message.bytes. @default 900,000 */
  readonly requestBytes?: number;
  /**
   * Milliseconds for which a possibly temporary refusal, such as a missing topic, must last before its rows are parked.
   * @default 10000
   */
  readonly believedAfterMs?: number;
  /** Milliseconds between polls for rows that a crash left behind. @default 250 */
  readonly pollMs?: number;
  /**
   * Milliseconds for which events that are not time-critical are collected. Published one by one, each event costs a
   * transaction, a request to the leader of its partition and one from every replica. Collected events share these
   * costs. @default 500
   */
  readonly gatherMs?: number;
  readonly passPoint?: PassPoint;
  readonly clock: Clock;
  readonly onPublished: (count: number, seconds: number) => void;
  readonly onError: (error: unknown) => void;
  /** Called when a row was parked. */
  readonly onParked?: (parked: ParkedRow) => void;
  /** @default no spans, only identifiers */
  readonly tracer?: Tracer;
}

export interface Relay {
  /**
   * Publishes the rows of these shards: at once, or, if they are not time-critical, together with rows that arrive
   * within `gatherMs`.
   */
  wake(shards: ReadonlySet<number>, hurried?: boolean): void;
  start(): void;
  /** Publishes the remaining rows, within the limit, then stops. */
  stop(limitMs: number): Promise<void>;
}

/** Result of a drain. */
interface Drained {
  /** Whether more rows may be ready to publish. */
  readonly more: boolean;
  /** Shards that another instance holds. */
  readonly busy: readonly number[];
}

/** Longest pause before a shard of another instance is retried, in milliseconds. */
const BUSY_LIMIT_MS = 100;
const BUSY_RETRY = { firstDelayMs: 3, maxDelayMs: BUSY_LIMIT_MS, factor: 2 };
/** Upper bound of a record's framing, in addition to the size of its row. */
const FRAMING_BYTES = 256;
/** Codec errors that concern an event type, not the registry. */
const EVENT_FAULTS: readonly string[] = ["SVC_REGISTRY_SCHEMA_MISSING", "SVC_EVENT_UNDECLARED"];

export function outboxRelay(options: RelayOptions): Relay {
  const limits = { rows: options.batch ?? 500, bytes: options.batchBytes ?? 4 * 1_024 * 1_024 };
  const requestBytes = options.requestBytes ?? 900_000;
  const suspicion = doubts(() => performance.now(), options.believedAfterMs);
  const pollMs = options.pollMs ?? 250;
  const gatherMs = options.gatherMs ?? 500;
  const passPoint = options.passPoint ?? NO_FAULTS;
  const woken = new Set<number>();
  /** Shards that have only events that are not time-critical, and the end of their collection time, by the monotonic clock. */
  const gathering = new Set<number>();
  let gatheredAt = Number.POSITIVE_INFINITY;
  /** Shards that another instance holds, and when they are retried, by the monotonic clock. */
  const busy = new Map<number, { readonly tries: number; readonly at: number }>();
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

  /**
   * Returns the shards to publish now. An urgent event takes the collected events of its shard with it, to keep one
   * order per key.
   */
  function takeDue(): readonly number[] {
    const now = performance.now();
    const candidates = [...woken, ...(now >= gatheredAt ? [...gathering].filter((shard) => !woken.has(shard)) : [])];
    const due = candidates.filter((shard) => (busy.get(shard)?.at ?? now) <= now);
    for (const shard of candidates) {
      gathering.delete(shard);
      woken.add(shard);
    }
    for (const shard of due) woken.delete(shard);
    if (gathering.size === 0) gatheredAt = Number.POSITIVE_INFINITY;
    return due;
  }

  /** Returns the milliseconds until the next waiting shard is due. */
  function dueInMs(): number {
    const now = performance.now();
    return Math.max(0, Math.min(gatheredAt, ...[...woken].map((shard) => busy.get(shard)?.at ?? now)) - now);
  }

  /** Schedules retries of busy shards, each time a little later. */
  function noteBusy(tried: readonly number[], found: readonly number[]): void {
    for (const shard of tried) {
      const tries = (busy.get(shard)?.tries ?? 0) + 1;
      if (found.includes(shard)) busy.set(shard, { tries, at: performance.now() + backoff(tries, BUSY_RETRY) });
      else busy.delete(shard);
    }
    wake(found);
  }

  /** Publishes one batch of the shards that no other instance holds. */
  async function drain(shards: readonly number[]): Promise<Drained> {
    const started = options.clock();
    const { taken, rows, outcome, parked } = await options.database.transaction(async (tx) => {
      const held = await lockAndRead(tx, shards, limits, suspicion.holds());
      if (held.rows.length === 0) return { ...held, outcome: undefined, parked: [] };
      const published = await whileAlive(tx, () => publish(held.rows));
      if (published.accepted.length > 0) passPoint("after-publish");
      const faults = judge(published);
      movePublished(tx, published.accepted);
      parkRows(tx, faults);
      return { ...held, outcome: published, parked: faults };
    });
    if (outcome !== undefined && outcome.accepted.length > 0)
      options.onPublished(outcome.accepted.length, (options.clock() - started) / 1_000);
    if (options.tracer?.active === true) sendSpans(options.tracer, started, outcome?.accepted ?? [], parked);
    for (const row of parked) options.onParked?.(row);
    if (outcome?.failure !== undefined) throw outcome.failure;
    const doubtful = outcome?.refused.find(({ item }) => !parked.some(({ row }) => row === item));
    if (doubtful !== undefined) options.onError(doubtful.error);
    const full = rows.length === limits.rows || rows.reduce((sum, row) => sum + row.bytes, 0) >= limits.bytes;
    return {
      more: parked.length > 0 || (full && (outcome?.accepted.length ?? 0) > 0),
      busy: shards.filter((shard) => !taken.has(shard)),
    };
  }

  /** Publishes rows as far as possible. */
  async function publish(rows: readonly OutboxRow[]): Promise<Isolation<OutboxRow>> {
    const records = new Map<OutboxRow, OutgoingRecord>();
    const recordsOf = (some: readonly OutboxRow[]): readonly OutgoingRecord[] =>
      some.flatMap((row) => records.get(row) ?? []);
    const work = isolator<OutboxRow>({
      send: (some) => options.publisher.publish(recordsOf(some)),
      topicOf: ({ topic }) => topic,
      laneOf: ({ topic, key }) => (key === null ? undefined : `${topic} ${key.toString("latin1")}`),
    });
    const { ids, failure } = await schemaIds(rows, work);
    for (const row of rows) {
      const value =
        row.raw || row.body === null ? row.body : framed(row.body, row.schema_id ?? ids.get(row.event_type));
      if (value !== undefined)
        records.set(row, { topic: row.topic, key: row.key, value, headers: restoredHeaders(row.headers) });
    }
    const sendable = rows.filter((row) => records.has(row));
    for (const request of await requestsOf(sendable, recordsOf)) await work.publish(request);
    const outcome = work.outcome();
    return { ...outcome, failure: outcome.failure ?? failure };
  }

  /**
   * Returns the schema ids that the rows do not contain. Refuses rows whose schema is not registered; holds rows while
   * the registry does not answer.
   */
  async function schemaIds(
    rows: readonly OutboxRow[],
    work: Isolator<OutboxRow>,
  ): Promise<{ readonly ids: ReadonlyMap<string, number>; readonly failure: unknown }> {
    const ids = new Map<string, number>();
    let failure: unknown;
    for (const [event, concerned] of Map.groupBy(
      rows.filter((row) => !row.raw && row.body !== null && row.schema_id === null),
      (row) => row.event_type,
    )) {
      try {
        ids.set(event, await options.codec.schemaId(event));
      } catch (error) {
        if (error instanceof ServiceError && EVENT_FAULTS.includes(error.code)) {
          work.refuse(concerned, new PublishError(error.code, error.message, { reach: "event", cause: error }));
        } else {
          work.hold(concerned);
          failure = error;
        }
      }
    }
    return { ids, failure };
  }

  /** Returns the rows by request. One request is enough for most drains. */
  async function requestsOf(
    rows: readonly OutboxRow[],
    recordsOf: (rows: readonly OutboxRow[]) => readonly OutgoingRecord[],
  ): Promise<readonly (readonly OutboxRow[])[]> {
    if (rows.reduce((sum, row) => sum + row.bytes + FRAMING_BYTES, 0) <= requestBytes) return [rows];
    const records = recordsOf(rows);
    // If partitions are unknown, publishing reports the reason. Until then all records count as being in one partition.
    const partitions = await options.publisher.partitionsOf(records).catch(() => records.map(() => 0));
    return packRequests(records, partitions, requestBytes).map((places) =>
      places.flatMap((place) => rows[place] ?? []),
    );
  }

  /** Returns the refused rows to park. Rows whose refusal may be temporary are retried later. */
  function judge({ accepted, refused, failure }: Isolation<OutboxRow>): readonly ParkedRow[] {
    if (failure !== undefined) suspicion.reset();
    if (suspicion.any()) for (const row of accepted) for (const name of doubtNames(row)) suspicion.clear(name);
    return refused.flatMap(({ item: row, error }) =>
      isBelieved({ item: row, error }) ? [{ row, code: codeOf(error), message: messageOf(error) }] : [],
    );
  }

  function isBelieved({ item: row, error }: Refused<OutboxRow>): boolean {
    const [topic, event, one] = doubtNames(row);
    if (!(error instanceof PublishError)) return suspicion.note(one, { topic: row.topic, key: row.key });
    return (
      error.reach === "record" ||
      suspicion.note(error.reach === "event" ? event : topic, { topic: row.topic, key: null })
    );
  }

  async function run(): Promise<void> {
    let failures = 0;
    // Uses the monotonic clock: a wall clock that is set back must not stop the polls.
    let lookAt = performance.now();
    while (!stopping.signal.aborted) {
      try {
        const waitMs = lookAt - performance.now();
        if (waitMs <= 0) {
          // Polls even under constant load: rows that another instance left behind must not wait for an idle moment.
          lookAt = performance.now() + pollMs;
          const waiting = (await shardsWithRows(options.database, limits.rows)).filter(
            (shard) => !gathering.has(shard),
          );
          if (waiting.length > 0 && (await drain(waiting)).more) wake(waiting);
        } else {
          const shards = takeDue();
          if (shards.length === 0) await idle(Math.min(waitMs, dueInMs()));
          else {
            const drained = await drain(shards);
            noteBusy(shards, drained.busy);
            if (drained.more) wake(shards);
          }
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

  /** Waits until woken, stopped, or the time has passed. */
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
      // Best effort: the next start or another instance publishes the remaining rows.
      try {
        while (options.clock() < deadline && (await drain(allShards())).more);
      } catch (error) {
        options.onError(error);
      }
    },
  };
}

function allShards(): readonly number[] {
  return Array.from({ length: SHARDS }, (_, shard) => shard);
}

/** Returns the names under which refusals of a row are recorded: its topic, its event type, the row itself. */
function doubtNames(row: OutboxRow): readonly [topic: string, event: string, one: string] {
  return [`topic ${row.topic}`, `event ${row.event_type}`, `row ${row.position}`];
}

function codeOf(error: unknown): string {
  return error instanceof PublishError ? error.code : "SVC_PUBLISH_REFUSED";
}

function framed(body: Buffer, schemaId: number | undefined): Buffer | undefined {
  return schemaId === undefined ? undefined : frame(schemaId, body);
}
