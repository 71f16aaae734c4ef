/**
 * What the library needs from Kafka: publishing a batch durably ([publisher](publisher.ts)) and polling batches
 * ([subscription](subscription.ts)). Only those two files and this one use the client, `@platformatic/kafka`. They
 * change the client's defaults that lose records or their order.
 */
import type { ProducerOptions } from "@platformatic/kafka";
import type { KafkaConfig } from "../config.ts";
import type { RecordHeaders } from "../outbox/outbox-headers.ts";
import { backoff } from "../retry.ts";
import type { Standing } from "./catch-up.ts";
import type { PartitionName } from "./partition-name.ts";
import type { RawRecord } from "./raw-record.ts";

/** A record to publish. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Text values are written as UTF-8. */
  readonly headers: RecordHeaders;
}

export interface Publisher {
  /**
   * Writes all records in one request per broker; every in-sync replica acknowledges each record. The order per key is
   * kept. Throws if the result of any record is unknown or it is refused: then all records may be retried. The error is
   * a PublishError if its reason is known.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  /** Returns the partition of each record within its topic; throws a PublishError for a missing topic. */
  partitionsOf(records: readonly OutgoingRecord[]): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Position up to which a partition is processed: the next offset to read. */
export interface Position extends PartitionName {
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

/** A source of records. */
export interface RecordSource {
  /**
   * Waits for records and returns all available ones, up to `limit`, from all partitions. Returns none only after the
   * signal is aborted.
   */
  next(limit: number, signal: AbortSignal): Promise<readonly RawRecord[]>;
}

/** One membership of the consumer group. When it breaks, `next` throws; the caller opens a new one. */
export interface Subscription {
  /** Records of the subscribed topics. */
  readonly records: RecordSource;
  /** One source for each separately subscribed topic, in that order: a source that is not read blocks nothing else. */
  readonly apart: readonly RecordSource[];
  isAssigned(partition: PartitionName): boolean;
  /** Checks, until the signal is aborted, that available records are read in every partition; throws when a partition stalls. */
  watch(signal: AbortSignal): Promise<void>;
  /** Returns the position of the whole group in each partition of the subscribed topics. */
  standing(): Promise<readonly Standing[]>;
  /** Commits positions. Leaves out partitions that are assigned to another member now. */
  commit(positions: readonly Position[]): Promise<void>;
  /** Leaves the group. */
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly config: KafkaConfig;
  readonly clientId: string;
}

/** Returns the connection settings of producers and consumers. */
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
    // The client learns at once from errors that a leader moved; the default of 5 s only adds a round trip to the hot
    // path.
    metadataMaxAge: 60_000,
    // The default is a constant second: clients that lost the same broker would reconnect together.
    retryDelay: (_client, _operation, attempt) => backoff(attempt, { firstDelayMs: 50, maxDelayMs: 1_000, factor: 2 }),
  };
}
