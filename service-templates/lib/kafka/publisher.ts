/** Publishes batches of records durably. */
import { compatibilityPartitioner, Producer } from "@platformatic/kafka";
import { answered, LostAnswer, onClientFault } from "./client-faults.ts";
import type { ClientOptions, OutgoingRecord, Publisher } from "./kafka.ts";
import { connection } from "./kafka.ts";
import type { PublishCode } from "./publish-errors.ts";
import { publishCodeOf, publishErrorOf } from "./publish-errors.ts";

type KafkaProducer = Producer<Buffer, Buffer, string, string | Buffer>;

/** Longest wait for one response, in milliseconds: a frozen broker must not block a saga for longer. */
const REQUEST_TIMEOUT_MS = 6_000;

/** Creates a producer with acknowledgements from all in-sync replicas and sequence numbers against duplicate writes. */
function openProducer(options: ClientOptions): KafkaProducer {
  return new Producer<Buffer, Buffer, string, string | Buffer>({
    ...connection(options),
    // By default only the leader acknowledges.
    idempotent: true,
    compression: "lz4",
    // Chooses the same partition for a key as Java clients.
    partitioner: compatibilityPartitioner,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // By default an idempotent producer retries forever; the relay must be able to release its locks.
    retries: 6,
    serializers: { headerKey: utf8, headerValue: utf8 },
  });
}

/** Result of one produce request. */
export interface SendReport {
  readonly recordsByTopic: ReadonlyMap<string, number>;
  /** Seconds until every in-sync replica acknowledged the records, or until the request failed. */
  readonly seconds: number;
  /** The code of the failure; undefined: the request succeeded. */
  readonly code: PublishCode | undefined;
}

export interface PublisherOptions extends ClientOptions {
  /** Called after each produce request. */
  readonly onSend?: (report: SendReport) => void;
}

/** Opens a producer that is replaced when it becomes unusable. */
export function openPublisher(options: PublisherOptions): Publisher {
  let producer = openProducer(options);
  /** Topics that existed at their last use. */
  const known = new Set<string>();

  function replace(lost: KafkaProducer): void {
    if (producer !== lost) return;
    producer = openProducer(options);
    // Its response may be lost as well; the connections end with their sockets.
    lost.close().catch(() => undefined);
  }

  /** Runs a call of the client; its errors say what they concern. */
  async function call<T>(
    work: (client: KafkaProducer) => Promise<T>,
    doing: string,
    topics: ReadonlySet<string>,
  ): Promise<T> {
    const client = producer;
    try {
      return await answered(work(client), doing);
    } catch (error) {
      if (error instanceof LostAnswer) replace(client);
      const understood = publishErrorOf(error, topics);
      if (understood?.reach === "topic") for (const topic of topics) known.delete(topic);
      throw understood ?? error;
    }
  }

  /**
   * Checks topics before their first use, one by one. Without this check, the client looks for a missing topic for
   * seconds while it sends.
   */
  async function find(topics: ReadonlySet<string>): Promise<void> {
    for (const topic of topics) {
      if (known.has(topic)) continue;
      await call(
        (client) => client.metadata({ topics: [topic], forceUpdate: true, retries: 0 }),
        `looking for topic ${topic}`,
        new Set([topic]),
      );
      known.add(topic);
    }
  }

  const topicsOf = (records: readonly OutgoingRecord[]): ReadonlySet<string> =>
    new Set(records.map(({ topic }) => topic));

  /** Reports the result of a produce request for these records. */
  async function reported(records: readonly OutgoingRecord[], send: () => Promise<unknown>): Promise<void> {
    const { onSend } = options;
    if (onSend === undefined) {
      await send();
      return;
    }
    const begun = performance.now();
    let code: PublishCode | undefined;
    try {
      await send();
    } catch (error) {
      code = publishCodeOf(error);
      throw error;
    } finally {
      const recordsByTopic = new Map<string, number>();
      for (const { topic } of records) recordsByTopic.set(topic, (recordsByTopic.get(topic) ?? 0) + 1);
      onSend({ recordsByTopic, seconds: (performance.now() - begun) / 1_000, code });
    }
  }

  const stopListening = onClientFault(() => replace(producer));
  return {
    publish: (records) =>
      reported(records, async () => {
        const topics = topicsOf(records);
        await find(topics);
        await call(
          (client) =>
            client.send({
              messages: records.map((record) => ({
                topic: record.topic,
                ...(record.key === null ? {} : { key: record.key }),
                ...(record.value === null ? {} : { value: record.value }),
                headers: record.headers,
              })),
            }),
          "publishing",
          topics,
        );
      }),
    async partitionsOf(records) {
      const topics = topicsOf(records);
      await find(topics);
      const metadata = await call(
        (client) => client.metadata({ topics: [...topics] }),
        "looking for partitions",
        topics,
      );
      return records.map(
        (record) =>
          compatibilityPartitioner({ topic: record.topic }, record.key ?? undefined) %
          (metadata.topics.get(record.topic)?.partitionsCount ?? 1),
      );
    },
    async close() {
      stopListening();
      await producer.close();
    },
  };
}

function utf8(data: string | Buffer | undefined): Buffer | undefined {
  return typeof data === "string" ? Buffer.from(data, "utf8") : data;
}
