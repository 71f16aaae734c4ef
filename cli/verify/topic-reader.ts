/** Reads topics directly, without the services, with a temporary consumer group that is removed afterwards. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "@platformatic/kafka";
import { Consumer, ListOffsetTimestamps, MessagesStreamFallbackModes, MessagesStreamModes } from "@platformatic/kafka";
import { KitError } from "../errors.ts";
import type { ServerAccess } from "../platform/platform-access.ts";

/** The range of a partition to read: from `start` up to, but without, `end`. */
export interface ReadRange {
  readonly topic: string;
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** A record with its bytes. */
export type RawMessage = Message<Buffer, Buffer, Buffer, Buffer>;

/** Limits and progress of the reading. */
export interface ReadOptions {
  /** Timeout without a record, in milliseconds. @default 30000 */
  readonly stalledMs?: number;
  /** Called with the number of records read, and the maximum. */
  readonly onProgress?: (read: number, total: number) => void;
}

const STALLED_MS = 30_000;
const LOOK_MS = 25;
const PROGRESS_MS = 500;
const GROUP_PREFIX = "kit-reader";

/**
 * First and end offset of every partition of existing topics; missing topics are left out.
 * @throws KitError `KIT_SERVER_UNREACHABLE`.
 */
export async function topicRanges(access: ServerAccess, topics: readonly string[]): Promise<readonly ReadRange[]> {
  return await reaching("reading the ends of the topics", async () => {
    const existing = new Set(await access.admin.listTopics());
    const names = topics.filter((topic) => existing.has(topic)).toSorted();
    if (names.length === 0) return [];
    const metadata = await access.admin.metadata({ topics: names });
    const offsets = async (timestamp: bigint): Promise<ReadonlyMap<string, number>> => {
      const listed = await access.admin.listOffsets({
        topics: names.map((name) => ({
          name,
          partitions: Array.from({ length: metadata.topics.get(name)?.partitionsCount ?? 0 }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp,
          })),
        })),
      });
      return new Map(
        listed.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, offset }) => [`${name}/${partitionIndex}`, Number(offset)]),
        ),
      );
    };
    const [starts, ends] = await Promise.all([
      offsets(ListOffsetTimestamps.EARLIEST),
      offsets(ListOffsetTimestamps.LATEST),
    ]);
    return names.flatMap((topic) =>
      Array.from({ length: metadata.topics.get(topic)?.partitionsCount ?? 0 }, (_, partition) => ({
        topic,
        partition,
        start: starts.get(`${topic}/${partition}`) ?? 0,
        end: ends.get(`${topic}/${partition}`) ?? 0,
      })),
    );
  });
}

/**
 * Reads ranges; records of a partition come in the order of their offsets.
 * @param onRecord - If it returns a promise, the next record waits until it is settled.
 * @throws KitError `KIT_TOPICS_UNREADABLE` when no more records come before the ends are reached.
 */
export async function readRanges(
  access: ServerAccess,
  ranges: readonly ReadRange[],
  onRecord: (message: RawMessage) => Promise<void> | undefined,
  options: ReadOptions = {},
): Promise<void> {
  const wanted = ranges.filter(({ start, end }) => end > start);
  if (wanted.length === 0) return;
  const ends = new Map(wanted.map(({ topic, partition, end }) => [`${topic}/${partition}`, end]));
  const topics = [...new Set(wanted.map(({ topic }) => topic))];
  const total = wanted.reduce((sum, { start, end }) => sum + end - start, 0);
  const groupId = `${GROUP_PREFIX}-${randomUUID()}`;
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...access.kafka,
    groupId,
    autocommit: false,
    maxWaitTime: 100,
    minBytes: 1,
    maxBytes: 16 * 1_048_576,
    maxBytesPerPartition: 1_048_576,
    highWaterMark: 8_192,
  });
  // Partitions that are empty or not wanted are read from their end, so that no record comes.
  const offsets = ranges
    .filter(({ topic }) => topics.includes(topic))
    .map(({ topic, partition, start, end }) => ({ topic, partition, offset: BigInt(Math.min(end, start)) }));
  let read = 0;
  try {
    await reaching("reading the topics", async () => {
      const stream = await consumer.consume({
        topics,
        mode: MessagesStreamModes.MANUAL,
        offsets,
        fallbackMode: MessagesStreamFallbackModes.EARLIEST,
        autocommit: false,
      });
      try {
        let failure: Error | undefined;
        let movedAt = performance.now();
        let toldAt = movedAt;
        let waiting = false;
        const missing = new Map(ends);
        stream.on("error", (error: Error) => {
          failure ??= error;
        });
        stream.on("data", (message: RawMessage) => {
          const place = `${message.topic}/${message.partition}`;
          const end = ends.get(place);
          const offset = Number(message.offset);
          movedAt = performance.now();
          if (end === undefined || offset >= end) return;
          read += 1;
          const busy = onRecord(message);
          if (busy === undefined) {
            if (offset === end - 1) missing.delete(place);
            return;
          }
          stream.pause();
          waiting = true;
          busy.then(
            () => {
              waiting = false;
              movedAt = performance.now();
              if (offset === end - 1) missing.delete(place);
              stream.resume();
            },
            (error: Error) => {
              failure ??= error;
            },
          );
        });
        while (missing.size > 0) {
          await delay(LOOK_MS);
          if (failure !== undefined) throw failure;
          const now = performance.now();
          if (now - toldAt > PROGRESS_MS) {
            toldAt = now;
            options.onProgress?.(read, total);
          }
          // The last offset may be a transaction's marker or be removed by compaction: then only the position shows the end.
          if (!waiting && stream.readableLength === 0 && now - movedAt > 10 * LOOK_MS) {
            for (const [place, end] of missing) {
              const slash = place.lastIndexOf("/");
              const position = stream.offsetsToFetch.get(`${place.slice(0, slash)}:${place.slice(slash + 1)}`);
              if (position !== undefined && position >= BigInt(end)) missing.delete(place);
            }
          }
          if (now - movedAt > (options.stalledMs ?? STALLED_MS)) {
            throw new KitError(
              "KIT_TOPICS_UNREADABLE",
              `${read} of ${total} records read; ${[...missing.keys()].slice(0, 3).join(", ")}${missing.size > 3 ? " and others" : ""} gave no more for ${Math.round((now - movedAt) / 1_000)} s`,
            );
          }
        }
        options.onProgress?.(read, total);
      } finally {
        await stream.close().catch(() => undefined);
      }
    });
  } finally {
    await consumer.close(true).catch(() => undefined);
    // The group has no offsets and no members: if the broker cannot be reached now, it removes the group by itself.
    await access.admin.deleteGroups({ groups: [groupId] }).catch(() => undefined);
  }
}

/** Converts the client's error to an error with a location. */
async function reaching<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof KitError) throw cause;
    throw new KitError(
      "KIT_SERVER_UNREACHABLE",
      `Kafka, while ${doing}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
