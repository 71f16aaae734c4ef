/** Reads and writes raw records directly, without the services, as the administrator, whom no ACL restricts. */
import type { Message } from "@platformatic/kafka";
import { Consumer, Producer } from "@platformatic/kafka";
import { eventually } from "../../platform/condition.ts";
import type { SecureKafka } from "./secure-kafka.ts";

export interface RawOut {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it stands in a topic. */
export interface RawIn {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Values of the headers as they are, by name. */
  readonly headerBytes: ReadonlyMap<string, Buffer>;
  readonly partition: number;
  readonly offset: bigint;
}

export async function produceRaw(kafka: Pick<SecureKafka, "admin">, records: readonly RawOut[]): Promise<void> {
  const producer = new Producer({ clientId: "test-records", ...kafka.admin, acks: -1 });
  await producer.send({
    messages: records.map((record) => ({
      topic: record.topic,
      key: Buffer.from(record.key),
      value: record.value,
      headers: new Map(Object.entries(record.headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)])),
    })),
  });
  await producer.close();
}

/** Reads a topic from its beginning until it has read `count` records. */
export async function readTopic(
  kafka: Pick<SecureKafka, "admin">,
  topic: string,
  count: number,
  limitMs = 10_000,
): Promise<readonly RawIn[]> {
  const consumer = new Consumer({
    clientId: "test-reader",
    groupId: `test-reader-${topic}-${Math.random()}`,
    ...kafka.admin,
    autocommit: false,
    maxWaitTime: 200,
  });
  const records: RawIn[] = [];
  const stream = await consumer.consume({ topics: [topic], mode: "earliest", autocommit: false });
  stream.on("data", (message: Message) => {
    records.push({
      key: message.key?.toString() ?? "",
      value: message.value ?? Buffer.alloc(0),
      partition: message.partition,
      offset: message.offset,
      headers: Object.fromEntries([...message.headers].map(([name, value]) => [name.toString(), value.toString()])),
      headerBytes: new Map([...message.headers].map(([name, value]) => [name.toString(), value])),
    });
  });
  try {
    await eventually(
      `${count} records in ${topic} (${records.length} seen)`,
      () => (records.length >= count ? true : undefined),
      limitMs,
    );
  } finally {
    await stream.close();
    await consumer.close(true);
  }
  return records;
}
