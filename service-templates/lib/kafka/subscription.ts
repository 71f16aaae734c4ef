/** One membership of a consumer group; batches of records are polled from it. */
import type { ConsumerOptions, Message, MessagesStream } from "@platformatic/kafka";
import { Consumer, ListOffsetTimestamps, MessagesStreamFallbackModes, MessagesStreamModes } from "@platformatic/kafka";
import { pause } from "../clock.ts";
import { answered, onClientFault } from "./client-faults.ts";
import type { ClientOptions, RecordSource, Subscription } from "./kafka.ts";
import { connection } from "./kafka.ts";
import type { PartitionName } from "./partition-name.ts";
import type { RawRecord } from "./raw-record.ts";
import type { Look } from "./stalled-partitions.ts";
import { watchReading } from "./stalled-partitions.ts";

/**
 * Longest wait for a commit, including the client's retries, in milliseconds. Records that are not committed by then
 * are redelivered, and the inbox recognizes their events.
 */
const COMMIT_LIMIT_MS = 30_000;
/** Longest wait for streams to end without help, in milliseconds. */
const CLOSE_LIMIT_MS = 1_000;

export interface SubscribeOptions extends ClientOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Topics whose records are read separately, each by itself. @default none */
  readonly apart?: readonly string[];
  /**
   * Above 0, the records are not time-critical: brokers collect them and send one response instead of one per record.
   * @default 0
   */
  readonly gatherMs?: number;
  /** Milliseconds between two checks that every partition is read. @default 10000 */
  readonly lookEveryMs?: number;
  /** Called after each rebalance of the group, including the first. */
  readonly onRebalance?: () => void;
}

type KafkaConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>;
type KafkaStream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

/** Joins the group and starts fetching. */
export async function subscribe(options: SubscribeOptions): Promise<Subscription> {
  const gathers = (options.gatherMs ?? 0) > 0;
  const settings: ConsumerOptions<Buffer, Buffer, Buffer, Buffer> = {
    ...connection(options),
    groupId: options.group,
    // With a stable name, a restarted process gets its partitions back without a rebalance. Without one, it leaves the
    // group when it ends, and the other members take over at once.
    ...(options.config.groupInstanceId === undefined ? {} : { groupInstanceId: options.config.groupInstanceId }),
    // Traffic between zones costs money. The leader names the replica to read from; if that replica fails, the client
    // asks the leader again.
    ...(options.config.zone === undefined ? {} : { clientRack: options.config.zone }),
    // A member that dies without leaving loses its partitions after this time (broker's lower limit: 6 s; default here:
    // 60 s).
    sessionTimeout: 8_000,
    rebalanceTimeout: 8_000,
    heartbeatInterval: 2_000,
    // Must exceed the longest duration of a join, which is the rebalance timeout.
    requestTimeout: 10_000,
    retries: 5,
    autocommit: false,
    // A fetch returns as soon as there is a record; for records that are not time-critical, it returns when there are
    // many.
    minBytes: gathers ? 16_384 : 1,
    // Limits how long a new assignment waits for an idle fetch, and how long brokers collect records.
    maxWaitTime: 500,
    // All brokers are fetched from at the same time, and a record in memory takes several times its compressed size: a
    // group that is far behind must fit into a small heap. A larger record arrives alone.
    maxBytes: 32_768,
    maxBytesPerPartition: 16_384,
    highWaterMark: 256,
  };
  const consumer: KafkaConsumer = new Consumer(settings);
  const { apart = [], onRebalance } = options;
  if (onRebalance !== undefined) consumer.on("consumer:group:join", onRebalance);
  // All topics belong to the first join: one join per stream would cause one rebalance each.
  consumer.topics.trackAll(...apart);
  const streams: KafkaStream[] = [];
  const sources: StreamSource[] = [];
  try {
    for (const [place, topics] of [options.topics, ...apart.map((topic) => [topic])].entries()) {
      const stream = await answered(
        consumer.consume({
          topics: [...topics],
          mode: MessagesStreamModes.COMMITTED,
          // The default, LATEST, loses records when the lookup of committed offsets fails.
          fallbackMode: MessagesStreamFallbackModes.EARLIEST,
          autocommit: false,
          // Separately read records wait for their time, so only a few are prefetched.
          ...(place === 0 ? {} : { highWaterMark: 16 }),
        }),
        "joining the group",
      );
      streams.push(stream);
      sources.push(recordsOf(stream, consumer));
    }
  } catch (error) {
    for (const source of sources) source.forget();
    // This does not wait: an unusable client may never respond.
    end(streams, consumer).catch(() => undefined);
    throw error;
  }
  const [records, ...separate] = sources;
  if (records === undefined) throw new Error("no topics to subscribe to");

  function isAssigned({ topic, partition }: PartitionName): boolean {
    return (
      consumer.assignments?.some(
        (assignment) => assignment.topic === topic && assignment.partitions.includes(partition),
      ) ?? false
    );
  }

  /** Checks only the main source. Separate sources are read only as far as there is room for waiting records. */
  async function look(source: StreamSource): Promise<Look | undefined> {
    try {
      const ends = await answered(
        consumer.listOffsets({ topics: [...options.topics], timestamp: ListOffsetTimestamps.LATEST }),
        "asking for the ends of partitions",
      );
      const partitions = [...ends].flatMap(([topic, offsets]) =>
        offsets.flatMap((end, partition) => {
          const next = isAssigned({ topic, partition }) ? source.nextOffset({ topic, partition }) : undefined;
          return next === undefined ? [] : [{ topic, partition, next, end }];
        }),
      );
      return { partitions, ...source.hunger() };
    } catch {
      // A broker is unavailable: the code that reads from it detects that itself.
      return undefined;
    }
  }

  return {
    records,
    apart: separate,
    isAssigned,
    watch: (signal) =>
      watchReading({
        look: () => look(records),
        signal,
        ...(options.lookEveryMs === undefined ? {} : { everyMs: options.lookEveryMs }),
      }),
    async standing() {
      const topics = [...options.topics];
      const [starts, ends] = await Promise.all(
        [ListOffsetTimestamps.EARLIEST, ListOffsetTimestamps.LATEST].map((timestamp) =>
          answered(consumer.listOffsets({ topics, timestamp }), "asking for the bounds of partitions"),
        ),
      );
      const committed = await answered(
        consumer.listCommittedOffsets({
          topics: [...(ends ?? [])].map(([topic, offsets]) => ({
            topic,
            partitions: offsets.map((_, partition) => partition),
          })),
        }),
        "asking for committed offsets",
      );
      return [...(ends ?? [])].flatMap(([topic, offsets]) =>
        offsets.map((end, partition) => {
          const offset = committed.get(topic)?.[partition] ?? -1n;
          return { topic, partition, end, committed: offset >= 0n ? offset : (starts?.get(topic)?.[partition] ?? 0n) };
        }),
      );
    },
    async commit(positions) {
      const mine = positions.filter(isAssigned);
      if (mine.length > 0)
        await answered(
          consumer.commit({ offsets: mine.map((position) => ({ ...position })) }),
          "committing offsets",
          COMMIT_LIMIT_MS,
        );
    },
    async close() {
      for (const source of sources) source.forget();
      await end(streams, consumer);
    },
  };
}

/**
 * Ends the streams and leaves the group. A stream that does not end must not keep the member alive: the member would
 * evict its successor, which has the same name.
 */
async function end(streams: readonly KafkaStream[], consumer: KafkaConsumer): Promise<void> {
  await Promise.race([Promise.allSettled(streams.map((stream) => stream.close())), pause(CLOSE_LIMIT_MS)]);
  for (const stream of streams) stream.destroy();
  await consumer.close(true);
}

/** A record source whose state can be checked while it is read. */
interface StreamSource extends RecordSource {
  /** Returns the next offset to fetch; undefined if it is not known yet. */
  nextOffset(partition: PartitionName): bigint | undefined;
  /** Returns whether the consumer waits for more, and how often it has waited. */
  hunger(): Pick<Look, "waits" | "waiting">;
  /** Stops listening to client faults. */
  forget(): void;
}

/** Returns a record source that reads from a stream. */
function recordsOf(stream: KafkaStream, consumer: KafkaConsumer): StreamSource {
  let waits = 0;
  let failure: Error | undefined;
  let ended = false;
  let awaken: (() => void) | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    awaken?.();
  };
  const forget = onClientFault(fail);
  stream.on("error", fail);
  stream.on("close", () => {
    ended = true;
    awaken?.();
  });
  stream.on("readable", () => awaken?.());
  consumer.on("error", fail);
  // The coordinator did not receive a heartbeat within the session timeout, so it has revoked this member's partitions.
  consumer.on("consumer:heartbeat:stalled", ({ lastError }) => {
    fail(new Error("no heartbeat was answered for longer than the group waits for its members", { cause: lastError }));
  });

  return {
    nextOffset: ({ topic, partition }) => stream.offsetsToFetch.get(`${topic}:${partition}`),
    hunger: () => ({ waits, waiting: awaken !== undefined }),
    forget,
    async next(limit, signal) {
      const batch: RawRecord[] = [];
      const wake = (): void => awaken?.();
      signal.addEventListener("abort", wake, { once: true });
      try {
        for (;;) {
          if (failure !== undefined) throw failure;
          if (signal.aborted) return batch;
          if (ended) throw new Error("the record stream ended");
          while (batch.length < limit) {
            const message = stream.read() as Message<Buffer, Buffer, Buffer, Buffer> | null;
            if (message === null) break;
            // This includes records whose partition a rebalance has just revoked. If they were left out, they would be
            // lost when the partition is assigned again while a fetch behind them is in progress. The inbox recognizes
            // known events.
            batch.push(toRecord(message));
          }
          if (batch.length > 0) return batch;
          waits += 1;
          await new Promise<void>((resolve) => {
            awaken = resolve;
          });
          awaken = undefined;
        }
      } finally {
        signal.removeEventListener("abort", wake);
      }
    },
  };
}

function toRecord(message: Message<Buffer, Buffer, Buffer, Buffer>): RawRecord {
  const headers = new Map<string, Buffer>();
  for (const [name, value] of message.headers) headers.set(name.toString("utf8"), value ?? Buffer.alloc(0));
  return {
    topic: message.topic,
    partition: message.partition,
    offset: message.offset,
    key: message.key ?? undefined,
    value: message.value ?? undefined,
    headers,
    leaderEpoch: message.leaderEpoch,
    timestamp: Number(message.timestamp),
  };
}
