/**
 * What the library needs of Kafka: publish a batch durably ([publisher](publisher.ts)) and poll batches
 * ([subscription](subscription.ts)). Those two and this file are all that knows the client, `@platformatic/kafka`;
 * its defaults that lose records or order are changed in them.
 */
import type { ProducerOptions } from "@platformatic/kafka";
import type { KafkaConfig } from "../config.ts";
import type { RecordHeaders } from "../outbox/outbox-headers.ts";
import { backoff } from "../retry.ts";
import type { Standing } from "./catch-up.ts";
import type { PartitionName } from "./partition-name.ts";
import type { RawRecord } from "./raw-record.ts";

/** A record to be published. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Values that are text are written as UTF-8. */
  readonly headers: RecordHeaders;
}

export interface Publisher {
  /**
   * Writes all records in one request per broker, each acknowledged by every in-sync replica; order per key is kept.
   * Throws when any is unknown or refused: then all may be repeated. The error is a PublishError where its reason is understood.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  /** The partition of each record within its topic; throws a PublishError for a topic that is not there. */
  partitionsOf(records: readonly OutgoingRecord[]): Promise<readonly number[]>;
  close(): Promise<void>;
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
  /** Watches until the signal is aborted that records are read wherever there are some; throws when a partition stands still. */
  watch(signal: AbortSignal): Promise<void>;
  /** Where the whole group stands in each partition of the topics subscribed to. */
  standing(): Promise<readonly Standing[]>;
  /** Positions of partitions that belong to another member by now are left out. */
  commit(positions: readonly Position[]): Promise<void>;
  /** Leaves the group. */
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly config: KafkaConfig;
  readonly clientId: string;
}

/** What producers and consumers connect with. */
export function connection(
  options: ClientOptions,
): Pick<
  ProducerOptions<Buffer, Buffer, string, string>,
  | "clientId"
  | "bootstrapBrokers"
  | "tls"
  | "sasl"
  | "tlsServerName"
  | "connectTimeout"
  | "metadataMaxAge"
  | "retryDelay"
> {
  const { config } = options;
  return {
    clientId: options.clientId,
    bootstrapBrokers: [...config.brokers],
    ...(config.ca === undefined ? {} : { tls: { ca: config.ca, rejectUnauthorized: true } }),
    ...(config.username === undefined
      ? {}
      : { sasl: { mechanism: "SCRAM-SHA-512", username: config.username, password: config.password ?? "" } }),
    connectTimeout: 3_000,
    // Leaders that moved are learned from errors at once; the default of 5 s only adds a round trip to the hot path.
    metadataMaxAge: 60_000,
    // The default is a constant second: clients that lost the same broker would come back together.
    retryDelay: (_client, _operation, attempt) => backoff(attempt, { firstDelayMs: 50, maxDelayMs: 1_000, factor: 2 }),
  };
}
