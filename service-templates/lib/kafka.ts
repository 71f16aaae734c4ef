/**
 * The Kafka client, behind the two things the library needs of it: publish a batch durably, and poll
 * batches. This is the only file that imports `@platformatic/kafka`; its defaults that lose records
 * or order are changed here.
 */
import type { ConsumerOptions, Message, MessagesStream, ProducerOptions } from "@platformatic/kafka";
import { compatibilityPartitioner, Consumer, MessagesStreamFallbackModes, MessagesStreamModes, Producer } from "@platformatic/kafka";
import type { KafkaConfig } from "./config.ts";
import type { RawRecord } from "./envelope.ts";
import { backoff } from "./retry.ts";

/** A record to be published. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Publisher {
  /** Writes all records, each acknowledged by every in-sync replica; order per key is kept. Throws when any is unknown or refused: then all may be repeated. */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** A partition of a topic. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** One text per partition, for maps. */
export function partitionKey({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}

/** Position up to which a partition is done: the next offset to read. */
export interface Position extends PartitionName {
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

/** Where records come from. */
export interface RecordSource {
  /** Waits for records and takes all that are there, up to `limit`, over all partitions; empty only after the signal is aborted. */
  next(limit: number, signal: AbortSignal): Promise<readonly RawRecord[]>;
}

/** One membership of the consumer group. When it breaks, `next` throws and a new one is opened. */
export interface Subscription {
  /** Records of the topics subscribed to. */
  readonly records: RecordSource;
  /** Records of each topic that was asked for apart, in that order: not taking them holds up nothing else. */
  readonly apart: readonly RecordSource[];
  isAssigned(partition: PartitionName): boolean;
  /** Positions of partitions that belong to another member by now are left out. */
  commit(positions: readonly Position[]): Promise<void>;
  /** Leaves the group. */
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly config: KafkaConfig;
  readonly clientId: string;
}

/** Longest wait for one answer: a broker that is frozen, not dead, must not hold up a saga for longer. */
const REQUEST_TIMEOUT_MS = 6_000;

function connection(options: ClientOptions): Pick<ProducerOptions<Buffer, Buffer, string, string>, "clientId" | "bootstrapBrokers" | "tls" | "sasl" | "tlsServerName" | "connectTimeout" | "metadataMaxAge" | "retryDelay"> {
  const { config } = options;
  return {
    clientId: options.clientId,
    bootstrapBrokers: [...config.brokers],
    ...(config.ca === undefined ? {} : { tls: { ca: config.ca, rejectUnauthorized: true } }),
    ...(config.username === undefined ? {} : { sasl: { mechanism: "SCRAM-SHA-512", username: config.username, password: config.password ?? "" } }),
    connectTimeout: 3_000,
    // Leaders that moved are learned from errors at once; the default of 5 s only adds a round trip to the hot path.
    metadataMaxAge: 60_000,
    // The default is a constant second: clients that lost the same broker would come back together.
    retryDelay: (_client, _operation, attempt) => backoff(attempt, { attempts: 0, firstDelayMs: 50, maxDelayMs: 1_000, factor: 2 }),
  };
}

/** A producer with acks from all in-sync replicas and sequence numbers against doubled writes. */
export function openPublisher(options: ClientOptions): Publisher {
  const producer = new Producer<Buffer, Buffer, string, string>({
    ...connection(options),
    // Without this the default is an acknowledgement by the leader alone.
    idempotent: true,
    compression: "lz4",
    // The same partition for a key as Java clients choose.
    partitioner: compatibilityPartitioner,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // An idempotent producer retries without end by default; the relay must be able to give its locks back.
    retries: 6,
    serializers: { headerKey: utf8, headerValue: utf8 },
  });
  return {
    async publish(records) {
      await producer.send({
        messages: records.map((record) => ({
          topic: record.topic,
          ...(record.key === null ? {} : { key: record.key }),
          ...(record.value === null ? {} : { value: record.value }),
          headers: record.headers,
        })),
      });
    },
    close: () => producer.close(),
  };
}

function utf8(data: string | undefined): Buffer | undefined {
  return data === undefined ? undefined : Buffer.from(data, "utf8");
}

export interface SubscribeOptions extends ClientOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Topics whose records are taken each on its own. @default none */
  readonly apart?: readonly string[];
  /** Above 0, nobody waits for these records: brokers gather them, one answer in place of one per record. @default 0 */
  readonly gatherMs?: number;
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
    // A member that dies without a word gives its partitions up after this long (broker's lower limit: 6 s; default here: 60 s).
    sessionTimeout: 8_000,
    rebalanceTimeout: 8_000,
    heartbeatInterval: 2_000,
    // Must exceed the time a join may take, which is the rebalance time-out.
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
  const apart = options.apart ?? [];
  // All topics belong to the first join: another one per stream would be another rebalance.
  consumer.topics.trackAll(...apart);
  const streams: KafkaStream[] = [];
  const sources: RecordSource[] = [];
  try {
    for (const [place, topics] of [options.topics, ...apart.map((topic) => [topic])].entries()) {
      const stream = await consumer.consume({
        topics: [...topics],
        mode: MessagesStreamModes.COMMITTED,
        // The default, LATEST, turns a failed look-up of committed offsets into lost records.
        fallbackMode: MessagesStreamFallbackModes.EARLIEST,
        autocommit: false,
        // What is taken apart waits for its time: little of it is kept ready.
        ...(place === 0 ? {} : { highWaterMark: 16 }),
      });
      streams.push(stream);
      sources.push(recordsOf(stream, consumer));
    }
  } catch (error) {
    await Promise.all(streams.map((stream) => stream.close().catch(() => undefined)));
    await consumer.close(true).catch(() => undefined);
    throw error;
  }
  const [records, ...separate] = sources;
  if (records === undefined) throw new Error("no topics to subscribe to");

  function isAssigned({ topic, partition }: PartitionName): boolean {
    return consumer.assignments?.some((assignment) => assignment.topic === topic && assignment.partitions.includes(partition)) ?? false;
  }

  return {
    records,
    apart: separate,
    isAssigned,
    async commit(positions) {
      const mine = positions.filter(isAssigned);
      if (mine.length > 0) await consumer.commit({ offsets: mine.map((position) => ({ ...position })) });
    },
    async close() {
      await Promise.all(streams.map((stream) => stream.close().catch(() => undefined)));
      await consumer.close(true);
    },
  };
}

/** A stream as something to take records from. */
function recordsOf(stream: KafkaStream, consumer: KafkaConsumer): RecordSource {
  let failure: Error | undefined;
  let ended = false;
  let awaken: (() => void) | undefined;
  stream.on("error", (error: Error) => { failure ??= error; awaken?.(); });
  stream.on("close", () => { ended = true; awaken?.(); });
  stream.on("readable", () => awaken?.());
  consumer.on("error", (error: Error) => { failure ??= error; awaken?.(); });

  return {
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
          await new Promise<void>((resolve) => { awaken = resolve; });
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
  };
}
