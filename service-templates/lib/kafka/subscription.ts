/** One membership of a consumer group, from which batches of records are polled. */
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

/** Longest wait for a commit, the client's repetitions included: what is not committed by then comes again, and the inbox knows it. */
const COMMIT_LIMIT_MS = 30_000;
/** Longest wait for streams to end by themselves, in milliseconds. */
const CLOSE_LIMIT_MS = 1_000;

export interface SubscribeOptions extends ClientOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Topics whose records are taken each on its own. @default none */
  readonly apart?: readonly string[];
  /** Above 0, nobody waits for these records: brokers gather them, one answer in place of one per record. @default 0 */
  readonly gatherMs?: number;
  /** Milliseconds between two looks whether every partition is read. @default 10000 */
  readonly lookEveryMs?: number;
  /** Told each time that the group has agreed on who reads what, the first time included. */
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
    // With a stable name a restarted process takes its partitions back without a rebalance. Without one it leaves the
    // group when it ends, and the others take over at once.
    ...(options.config.groupInstanceId === undefined ? {} : { groupInstanceId: options.config.groupInstanceId }),
    // Traffic between zones costs money. The leader names the replica to read from; when it fails the client asks the leader again.
    ...(options.config.zone === undefined ? {} : { clientRack: options.config.zone }),
    // A member that dies without a word gives its partitions up after this long (broker's lower limit: 6 s; default here: 60 s).
    sessionTimeout: 8_000,
    rebalanceTimeout: 8_000,
    heartbeatInterval: 2_000,
    // Must exceed the time a join may take, which is the rebalance timeout.
    requestTimeout: 10_000,
    retries: 5,
    autocommit: false,
    // A fetch returns as soon as there is a record, or, where nobody waits, when there is a good deal of them.
    minBytes: gathers ? 16_384 : 1,
    // Bounds how long a new assignment waits for an idle fetch, and how long brokers gather.
    maxWaitTime: 500,
    // Every broker is asked at the same time, and a record takes several times its compressed size once it is read:
    // a group that is far behind must fit into a small heap. A record that is larger comes alone.
    maxBytes: 32_768,
    maxBytesPerPartition: 16_384,
    highWaterMark: 256,
  };
  const consumer: KafkaConsumer = new Consumer(settings);
  const { apart = [], onRebalance } = options;
  if (onRebalance !== undefined) consumer.on("consumer:group:join", onRebalance);
  // All topics belong to the first join: another one per stream would be another rebalance.
  consumer.topics.trackAll(...apart);
  const streams: KafkaStream[] = [];
  const sources: StreamSource[] = [];
  try {
    for (const [place, topics] of [options.topics, ...apart.map((topic) => [topic])].entries()) {
      const stream = await answered(
        consumer.consume({
          topics: [...topics],
          mode: MessagesStreamModes.COMMITTED,
          // The default, LATEST, turns a failed look-up of committed offsets into lost records.
          fallbackMode: MessagesStreamFallbackModes.EARLIEST,
          autocommit: false,
          // What is taken apart waits for its time: little of it is kept ready.
          ...(place === 0 ? {} : { highWaterMark: 16 }),
        }),
        "joining the group",
      );
      streams.push(stream);
      sources.push(recordsOf(stream, consumer));
    }
  } catch (error) {
    for (const source of sources) source.forget();
    // Not waited for: of a client that is of no use an answer may never come.
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

  /** What is taken apart is left alone: it is read only as far as there is room for what waits. */
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
      // A broker is away: the code that reads from it finds out by itself.
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

/** Ends the streams, leaves the group. A stream whose end does not come must not keep the member alive: it would throw out its successor, which has the same name. */
async function end(streams: readonly KafkaStream[], consumer: KafkaConsumer): Promise<void> {
  await Promise.race([Promise.allSettled(streams.map((stream) => stream.close())), pause(CLOSE_LIMIT_MS)]);
  for (const stream of streams) stream.destroy();
  await consumer.close(true);
}

/** A record source that can be looked at while it is read. */
interface StreamSource extends RecordSource {
  /** The offset that is fetched next; undefined where it is not known yet. */
  nextOffset(partition: PartitionName): bigint | undefined;
  /** Whether more is waited for, and how often it was. */
  hunger(): Pick<Look, "waits" | "waiting">;
  /** Listens to faults of clients no more. */
  forget(): void;
}

/** A stream as something to take records from. */
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
  // The coordinator has not heard of this member for longer than it waits: it has given its partitions away.
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
            // Also records whose partition a rebalance has just taken away: leaving them out would lose them when
            // the partition comes back while a fetch behind them is on its way. The inbox knows what is known.
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
