/**
 * The consumer's loop: join the group, poll a batch, process it, collect the offsets; join again when the membership
 * breaks. Retry topics are polled in parallel, so that their waiting records block nothing else. Offsets are committed
 * after the database's commit and collected over a short interval: the inbox makes redelivery harmless, so an offset
 * commit per batch would only add replicated writes.
 */

import type { Clock } from "../clock.ts";
import { pause } from "../clock.ts";
import type { Standing } from "../kafka/catch-up.ts";
import type { Position, RecordSource, Subscription } from "../kafka/kafka.ts";
import { partitionKey } from "../kafka/partition-name.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import { backoff } from "../retry.ts";
import type { BatchProcessor } from "./batch.ts";
import { delayedRecords } from "./delayed-records.ts";

export interface ConsumerOptions {
  readonly subscribe: () => Promise<Subscription>;
  readonly process: BatchProcessor;
  /** Delays in milliseconds of the separately subscribed topics, in their order. @default none */
  readonly delays?: readonly number[];
  /** Largest batch. @default 200 */
  readonly batch?: number;
  /** Milliseconds over which offsets are collected before they are committed. @default 1000 */
  readonly commitMs?: number;
  /**
   * Milliseconds without a successful commit after which the membership counts as broken. A new membership looks up its
   * coordinator again. @default 30000
   */
  readonly commitLimitMs?: number;
  /**
   * Milliseconds to wait before the next poll, for consumers that are not time-critical: fewer, larger batches cost a
   * fraction of the work. @default 0
   */
  readonly gatherMs?: number;
  readonly clock: Clock;
  /**
   * Called with records that are taken from their topics. Returns a function that is called when the records are done.
   * @default none
   */
  readonly onTaken?: (records: readonly RawRecord[]) => () => void;
  readonly onError: (error: unknown, doing: string) => void;
}

export interface EventConsumer {
  start(): void;
  /** Returns true while it is a member of its group and no batch is stuck. */
  healthy(): boolean;
  /** Returns the offsets of its group; undefined while this is not a member or the brokers do not answer. */
  standing(): Promise<readonly Standing[] | undefined>;
  /** Finishes the current batch, commits its offsets, leaves the group. */
  stop(): Promise<void>;
}

/** The service becomes not ready when a batch makes no progress for this long. */
const STUCK_AFTER_MS = 30_000;
const LEAVE_LIMIT_MS = 2_000;
/** A commit is a replicated write per partition. The inbox recognizes the events that are redelivered after a kill. */
const COMMIT_MS = 1_000;
/** Pause before a failed commit is retried. */
const COMMIT_AGAIN_MS = 1_000;
/** The client finds a moved group coordinator within seconds. */
const COMMIT_LIMIT_MS = 30_000;

export function eventConsumer(options: ConsumerOptions): EventConsumer {
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;
  let member = false;
  let current: Subscription | undefined;
  /** Start times of the batches in progress. */
  const busySince = new Set<{ readonly at: number }>();

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      let subscription: Subscription | undefined;
      let commits: Commits | undefined;
      try {
        subscription = await options.subscribe();
        commits = offsetCommits(subscription, options);
        member = true;
        current = subscription;
        failures = 0;
        await pollAll(subscription, commits);
      } catch (error) {
        failures += 1;
        options.onError(error, "consuming");
      } finally {
        member = false;
        current = undefined;
        // The last offsets of a broken membership are not committed: the inbox recognizes redelivered events.
        if (stopping.signal.aborted) await commits?.flush();
        commits?.close();
        if (subscription !== undefined) await leave(subscription);
      }
      if (!stopping.signal.aborted) await pause(backoff(failures), stopping.signal);
    }
  }

  /** Leaves the group. The brokers may not answer, so the next membership does not wait for them. */
  async function leave(subscription: Subscription): Promise<void> {
    const left = subscription.close().catch((error: unknown) => options.onError(error, "leaving the group"));
    await Promise.race([left, pause(LEAVE_LIMIT_MS)]);
  }

  /** Polls all sources until the consumer stops or one source fails; then the others finish their current batch. */
  async function pollAll(subscription: Subscription, commits: Commits): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([stopping.signal, broken.signal, commits.broken]);
    const delayed = subscription.apart.map((source, place) =>
      delayedRecords({
        source,
        delayMs: options.delays?.[place] ?? 0,
        clock: options.clock,
        isAssigned: (partition) => subscription.isAssigned(partition),
        onWaiting: (position) => commits.reach([position]),
      }),
    );
    const parts = [
      () => subscription.watch(signal),
      ...[subscription.records, ...delayed].map(
        (source, place) => () => poll(source, commits, place === 0 ? (options.gatherMs ?? 0) : 0, signal),
      ),
    ];
    const ends = await Promise.allSettled(
      parts.map(async (part) => {
        try {
          await part();
        } finally {
          broken.abort();
        }
      }),
    );
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    commits.broken.throwIfAborted();
  }

  async function poll(source: RecordSource, commits: Commits, gatherMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const limit = options.batch ?? 200;
      const records = await source.next(limit, signal);
      if (records.length === 0) continue;
      const busy = { at: options.clock() };
      busySince.add(busy);
      const done = options.onTaken?.(records);
      try {
        // The whole batch succeeds, or this throws and no offset of it is committed.
        await options.process(records, signal);
      } finally {
        busySince.delete(busy);
        done?.();
      }
      commits.reach(records.map(behind));
      // A full batch means that more records are available.
      if (gatherMs > 0 && records.length < limit) await pause(gatherMs, signal);
    }
  }

  return {
    start() {
      loop ??= run();
    },
    healthy: () => member && [...busySince].every(({ at }) => options.clock() - at < STUCK_AFTER_MS),
    async standing() {
      try {
        return await current?.standing();
      } catch (error) {
        options.onError(error, "looking where the group stands");
        return undefined;
      }
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

/** Returns the position after a record. */
function behind({ topic, partition, offset, leaderEpoch }: RawRecord): Position {
  return { topic, partition, offset: offset + 1n, leaderEpoch };
}

interface Commits {
  /** Collects positions for the next commit; the highest of each partition counts. */
  reach(positions: readonly Position[]): void;
  flush(): Promise<void>;
  /** Aborted, with the reason, when no commit succeeded for too long. */
  readonly broken: AbortSignal;
  /** Stops all further commits. */
  close(): void;
}

/** Collects the highest position per partition and commits with one request at a time. */
function offsetCommits(subscription: Subscription, options: ConsumerOptions): Commits {
  const waiting = new Map<string, Position>();
  const broken = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let inFlight: Promise<void> | undefined;
  let failingSince: number | undefined;
  let closed = false;

  function schedule(delayMs: number): void {
    if (!closed) timer ??= setTimeout(() => void send(), delayMs);
  }

  function send(): Promise<void> {
    timer = undefined;
    if (inFlight !== undefined) {
      // Only one request at a time: positions collected meanwhile are part of the next request.
      schedule(options.commitMs ?? COMMIT_MS);
      return inFlight;
    }
    inFlight = (async () => {
      const positions = [...waiting.values()];
      const begun = performance.now();
      waiting.clear();
      try {
        if (positions.length > 0) await subscription.commit(positions);
        failingSince = undefined;
      } catch (error) {
        failingSince ??= begun;
        if (performance.now() - failingSince >= (options.commitLimitMs ?? COMMIT_LIMIT_MS)) broken.abort(error);
        // Kept for the next attempt, unless a later batch has already moved further.
        for (const position of positions)
          if (!waiting.has(partitionKey(position))) waiting.set(partitionKey(position), position);
        if (!closed) options.onError(error, "committing offsets");
        schedule(COMMIT_AGAIN_MS);
      } finally {
        inFlight = undefined;
      }
    })();
    return inFlight;
  }

  return {
    broken: broken.signal,
    reach(positions) {
      for (const position of positions) {
        const key = partitionKey(position);
        const known = waiting.get(key);
        if (known === undefined || known.offset < position.offset) waiting.set(key, position);
      }
      schedule(options.commitMs ?? COMMIT_MS);
    },
    async flush() {
      clearTimeout(timer);
      timer = undefined;
      await inFlight;
      if (waiting.size > 0) await send();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
