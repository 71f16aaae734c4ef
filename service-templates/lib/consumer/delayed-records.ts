/**
 * Records of a retry topic, each returned when it is due. A topic has one delay, so in each partition the first record
 * is always due next, and waiting for it is correct. Other partitions and other topics are not blocked. Offsets of
 * waiting records are not committed: the next owner of the partition reads them again. Memory is bounded: at the bound,
 * the topic is not read further until a record is due.
 */
import type { Clock } from "../clock.ts";
import { pause } from "../clock.ts";
import type { Position, RecordSource } from "../kafka/kafka.ts";
import type { PartitionName } from "../kafka/partition-name.ts";
import { partitionKey } from "../kafka/partition-name.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import { notBefore } from "./retry-topics.ts";

export interface DelayedRecordsOptions {
  readonly source: RecordSource;
  /** The topic's delay in milliseconds. No record waits longer, even if its producer's clock was wrong. */
  readonly delayMs: number;
  readonly clock: Clock;
  readonly isAssigned: (partition: PartitionName) => boolean;
  /**
   * Called with the position of a partition when its first record must wait. A member that takes over the partition
   * starts there.
   */
  readonly onWaiting: (position: Position) => void;
  /** Most records held. @default 1000 */
  readonly maxRecords?: number;
  /** Most bytes held; one read of the topic may exceed it by a few records. @default 8 MiB */
  readonly maxBytes?: number;
}

interface Held {
  readonly record: RawRecord;
  readonly dueAt: number;
  readonly bytes: number;
}

/** Records taken from the topic per read. Limits how far the bounds can be exceeded. */
const LOOK = 16;
/** Longest wait before the assignment and the clock are checked again, in milliseconds. */
const LOOK_AGAIN_MS = 500;

export function delayedRecords(options: DelayedRecordsOptions): RecordSource {
  const maxRecords = options.maxRecords ?? 1_000;
  const maxBytes = options.maxBytes ?? 8 * 1_048_576;
  const queues = new Map<string, Held[]>();
  /** Offsets from which revoked partitions must be read again if they are assigned again. */
  const droppedFrom = new Map<string, bigint>();
  let records = 0;
  let bytes = 0;

  function forget(queue: readonly Held[]): void {
    records -= queue.length;
    bytes -= queue.reduce((sum, item) => sum + item.bytes, 0);
  }

  function hold(record: RawRecord, now: number): void {
    const key = partitionKey(record);
    const dropped = droppedFrom.get(key);
    if (dropped !== undefined) {
      // The client continued after the dropped records: only a new membership starts from the committed offset again.
      if (record.offset > dropped)
        throw new Error(`${key} came back at offset ${record.offset}, but is done only up to ${dropped}`);
      droppedFrom.delete(key);
    }
    let queue = queues.get(key) ?? [];
    const last = queue.at(-1);
    if (last !== undefined && record.offset <= last.record.offset) {
      // After a rebalance, the partition is read again from its committed offset, so all its records are redelivered.
      forget(queue);
      queue = [];
    }
    if (queue.length === 0)
      options.onWaiting({
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        leaderEpoch: record.leaderEpoch,
      });
    const item = { record, dueAt: Math.min(notBefore(record), now + options.delayMs), bytes: sizeOf(record) };
    queue.push(item);
    queues.set(key, queue);
    records += 1;
    bytes += item.bytes;
  }

  /** Drops records of partitions that are assigned to another member now. */
  function release(): void {
    for (const [key, queue] of queues) {
      const [first] = queue;
      if (first === undefined || options.isAssigned(first.record)) continue;
      droppedFrom.set(key, first.record.offset);
      forget(queue);
      queues.delete(key);
    }
  }

  function takeDue(limit: number, now: number): readonly RawRecord[] {
    const due: RawRecord[] = [];
    for (const [key, queue] of queues) {
      const waiting = queue.findIndex((item) => item.dueAt > now);
      const taken = queue.splice(0, Math.min(waiting < 0 ? queue.length : waiting, limit - due.length));
      forget(taken);
      due.push(...taken.map((item) => item.record));
      if (queue.length === 0) queues.delete(key);
    }
    return due;
  }

  /** Returns the milliseconds until a record is due or the next check. */
  function wait(now: number): number {
    const next = Math.min(...[...queues.values()].map((queue) => queue[0]?.dueAt ?? Infinity));
    return Math.max(1, Math.min(next - now, LOOK_AGAIN_MS));
  }

  return {
    async next(limit, signal) {
      for (;;) {
        if (signal.aborted) return [];
        release();
        const now = options.clock();
        const due = takeDue(limit, now);
        if (due.length > 0) return due;
        if (records < maxRecords && bytes < maxBytes) {
          const room = Math.min(LOOK, maxRecords - records);
          for (const record of await within(wait(now), signal, (limited) => options.source.next(room, limited)))
            hold(record, options.clock());
        } else {
          await pause(wait(now), signal);
        }
      }
    },
  };
}

/** Runs work with a signal that is aborted with the other one, or after a timeout. */
async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = new AbortController();
  const abort = (): void => limited.abort();
  const timer = setTimeout(abort, milliseconds);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await work(limited.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/** Returns the approximate size of a record in memory, in bytes. */
function sizeOf(record: RawRecord): number {
  let size = 500 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers) size += name.length + value.length + 50;
  return size;
}
