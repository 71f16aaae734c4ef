/** Publishes batches of records durably. */
import { compatibilityPartitioner, Producer } from "@platformatic/kafka";
import { answered, LostAnswer, onClientFault } from "./client-faults.ts";
import type { ClientOptions, OutgoingRecord, Publisher } from "./kafka.ts";
import { connection } from "./kafka.ts";
import type { PublishCode } from "./publish-errors.ts";
import { publishCodeOf, publishErrorOf } from "./publish-errors.ts";

type KafkaProducer = Producer<Buffer, Buffer, string, string | Buffer>;

/** Longest wait for one answer: a broker that is frozen, not dead, must not hold up a saga for longer. */
const REQUEST_TIMEOUT_MS = 6_000;

/** A producer with acks from all in-sync replicas and sequence numbers against doubled writes. */
function openProducer(options: ClientOptions): KafkaProducer {
  return new Producer<Buffer, Buffer, string, string | Buffer>({
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
}

/** How one request to write records ended. */
export interface SendReport {
  readonly recordsByTopic: ReadonlyMap<string, number>;
  /** Until every in-sync replica had acknowledged them, or it failed. */
  readonly seconds: number;
  /** Why it failed; undefined: it did not. */
  readonly code: PublishCode | undefined;
}

export interface PublisherOptions extends ClientOptions {
  /** Told of each request to write records. */
  readonly onSend?: (report: SendReport) => void;
}

/** A producer that is replaced when it is of no use any more. */
export function openPublisher(options: PublisherOptions): Publisher {
  let producer = openProducer(options);
  /** Topics that were there when they were last used. */
  const known = new Set<string>();

  function replace(lost: KafkaProducer): void {
    if (producer !== lost) return;
    producer = openProducer(options);
    // Its answer may be lost as well; the connections end with their sockets.
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

  /** Looks for topics that were not used before, one by one: sent to, one that is not there is looked for again and again, for seconds. */
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

  /** Tells how a request to write these records ended. */
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
