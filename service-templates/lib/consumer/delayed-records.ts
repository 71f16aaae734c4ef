/**
 * Records of a retry topic, each handed out when it is due. One topic has one delay, so per partition
 * the first record is always the next one due, and waiting for it is right; other partitions and other
 * topics are not held up. What waits here is not committed: the next holder of the partition reads it
 * again. Memory is bounded: at the bound the topic is not read further until something is due.
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
  /** The topic's delay in milliseconds: no record is held for longer, whatever the clock of its writer said. */
  readonly delayMs: number;
  readonly clock: Clock;
  readonly isAssigned: (partition: PartitionName) => boolean;
  /** Told where a partition stands when the first of its records has to wait: a member that takes it over begins there. */
  readonly onWaiting: (position: Position) => void;
  /** Most records held. @default 1000 */
  readonly maxRecords?: number;
  /** Most bytes held; one look at the topic may exceed it by a few records. @default 8 MiB */
  readonly maxBytes?: number;
}

interface Held {
  readonly record: RawRecord;
  readonly dueAt: number;
  readonly bytes: number;
}

/** Records taken from the topic with one look: bounds how far the limits can be exceeded. */
const LOOK = 16;
/** Longest wait before assignment and clock are looked at again, in milliseconds. */
const LOOK_AGAIN_MS = 500;

export function delayedRecords(options: DelayedRecordsOptions): RecordSource {
  const maxRecords = options.maxRecords ?? 1_000;
  const maxBytes = options.maxBytes ?? 8 * 1_048_576;
  const queues = new Map<string, Held[]>();
  /** Offsets from which partitions that were taken away have to be read again, if they come back. */
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
      // The client went on behind what was dropped: only a new membership starts from the committed offset again.
      if (record.offset > dropped)
        throw new Error(`${key} came back at offset ${record.offset}, but is done only up to ${dropped}`);
      droppedFrom.delete(key);
    }
    let queue = queues.get(key) ?? [];
    const last = queue.at(-1);
    if (last !== undefined && record.offset <= last.record.offset) {
      // After a rebalance the partition is read again from its committed offset: all of it comes again.
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

  /** Lets go of what belongs to another member now. */
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

  /** Milliseconds until something is due or everything has to be looked at again. */
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

/** Runs with a signal that is aborted with the other one, or after a while. */
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

/** What a record takes, roughly. */
function sizeOf(record: RawRecord): number {
  let size = 500 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers) size += name.length + value.length + 50;
  return size;
}
