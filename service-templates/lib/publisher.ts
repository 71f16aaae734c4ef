/** Publishes batches of records durably. */
import { compatibilityPartitioner, Producer } from "@platformatic/kafka";
import { answered, LostAnswer, onClientFault } from "./client-faults.ts";
import type { ClientOptions, Publisher } from "./kafka.ts";
import { connection } from "./kafka.ts";

type KafkaProducer = Producer<Buffer, Buffer, string, string>;

/** Longest wait for one answer: a broker that is frozen, not dead, must not hold up a saga for longer. */
const REQUEST_TIMEOUT_MS = 6_000;

/** A producer with acks from all in-sync replicas and sequence numbers against doubled writes. */
function openProducer(options: ClientOptions): KafkaProducer {
  return new Producer<Buffer, Buffer, string, string>({
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

/** A producer that is replaced when it is of no use any more. */
export function openPublisher(options: ClientOptions): Publisher {
  let producer = openProducer(options);

  function replace(lost: KafkaProducer): void {
    if (producer !== lost) return;
    producer = openProducer(options);
    // Its answer may be lost as well; the connections end with their sockets.
    lost.close().catch(() => undefined);
  }

  const stopListening = onClientFault(() => replace(producer));
  return {
    async publish(records) {
      const sending = producer;
      try {
        await answered(sending.send({
          messages: records.map((record) => ({
            topic: record.topic,
            ...(record.key === null ? {} : { key: record.key }),
            ...(record.value === null ? {} : { value: record.value }),
            headers: record.headers,
          })),
        }), "publishing");
      } catch (error) {
        if (error instanceof LostAnswer) replace(sending);
        throw error;
      }
    },
    async close() {
      stopListening();
      await producer.close();
    },
  };
}

function utf8(data: string | undefined): Buffer | undefined {
  return data === undefined ? undefined : Buffer.from(data, "utf8");
}
