import { pause, systemClock } from "@event-platform-kit/service/clock";
import type { KafkaConfig } from "@event-platform-kit/service/config";
import { Consumer } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EventConsumer } from "../../../service-templates/lib/consumer/consumer.ts";
import { eventConsumer } from "../../../service-templates/lib/consumer/consumer.ts";
import { takeClientFault } from "../../../service-templates/lib/kafka/client-faults.ts";
import type { OutgoingRecord, Publisher } from "../../../service-templates/lib/kafka/kafka.ts";
import { openPublisher } from "../../../service-templates/lib/kafka/publisher.ts";
import { subscribe } from "../../../service-templates/lib/kafka/subscription.ts";
import { eventually } from "../../platform/condition.ts";
import { passwordOf } from "../servers/authorities.ts";
import type { SecureKafka } from "../servers/secure-kafka.ts";
import { startSecureKafka } from "../servers/secure-kafka.ts";

const TOPIC = "faults";
const PRINCIPAL = "faults";
const PARTITIONS = 3;
const LIMIT_MS = 20_000;

describe("a Kafka client that is broken inside, on a real broker", () => {
  let kafka: SecureKafka;
  let publisher: Publisher;
  let consumer: EventConsumer | undefined;
  let config: KafkaConfig;
  const read: string[] = [];
  const errors: string[] = [];
  let joins = 0;

  function record(text: string): OutgoingRecord {
    return { topic: TOPIC, key: Buffer.from(text), value: Buffer.from(text), headers: {} };
  }

  async function expectRead(texts: readonly string[]): Promise<void> {
    await eventually(
      `${texts.join(", ")} to be read`,
      () => (texts.every((text) => read.includes(text)) ? true : undefined),
      LIMIT_MS,
    );
  }

  beforeAll(async () => {
    kafka = await startSecureKafka();
    await kafka.allow(
      [PRINCIPAL],
      [
        ...(["Read", "Write", "Describe"] as const).map((operation) => ({
          principal: PRINCIPAL,
          operation,
          resourceType: "Topic" as const,
          resourceName: TOPIC,
          pattern: "Literal" as const,
        })),
        ...(["Read", "Describe"] as const).map((operation) => ({
          principal: PRINCIPAL,
          operation,
          resourceType: "Group" as const,
          resourceName: "faults",
          pattern: "Literal" as const,
        })),
      ],
    );
    await kafka.createTopics(new Map([[TOPIC, PARTITIONS]]));
    // With a permanent name: a member that is left behind would evict its successor again and again.
    config = {
      brokers: [kafka.bootstrap],
      ca: kafka.ca,
      username: PRINCIPAL,
      password: passwordOf(PRINCIPAL),
      contractFile: "",
      schemasDir: "",
      registryUrl: "",
      groupInstanceId: "faults-0",
    };
    publisher = openPublisher({ config, clientId: "faults" });
    consumer = eventConsumer({
      subscribe: () => {
        joins += 1;
        return subscribe({ config, clientId: "faults", group: "faults", topics: [TOPIC], lookEveryMs: 300 });
      },
      process: async (records) => {
        read.push(...records.map(({ value }) => value?.toString() ?? ""));
      },
      commitMs: 50,
      clock: systemClock,
      onError: (error, doing) => errors.push(`${doing}: ${(error as Error).message}`),
    });
    consumer.start();
    await publisher.publish([record("before")]);
    await expectRead(["before"]);
  }, 120_000);
  afterAll(async () => {
    await consumer?.stop();
    await publisher?.close();
    await kafka?.stop();
  });

  it("is replaced after an error in it that nobody caught: what is published is read as before, by one member", async () => {
    const fault = new TypeError("Cannot read properties of undefined");
    fault.stack = `TypeError: ${fault.message}\n    at x (file:///app/node_modules/@platformatic/kafka/dist/clients/consumer/consumer.js:479:30)`;
    expect(takeClientFault(fault)).toBe(true);
    const after = Array.from({ length: 20 }, (_, place) => `after-${place}`);
    await publisher.publish(after.map(record));
    await expectRead(after);
    expect(errors).toEqual([`consuming: ${fault.message}`]);
    // Longer than two heartbeats: an old member would have sent one by then.
    const joined = joins;
    await pause(5_000);
    expect(joins).toBe(joined);
    expect(errors).toHaveLength(1);
  });

  it("is replaced when it loses the answer to a fetch, which it does not notice itself", async () => {
    errors.length = 0;
    const fetch = vi.spyOn(Consumer.prototype, "fetch").mockImplementationOnce(() => new Promise(() => undefined));
    try {
      await eventually("a fetch without an answer", () => (fetch.mock.calls.length > 0 ? true : undefined), LIMIT_MS);
      await publisher.publish(["lost-1", "lost-2", "lost-3"].map(record));
      await expectRead(["lost-1", "lost-2", "lost-3"]);
      expect(errors).toEqual([
        expect.stringMatching(
          /^consuming: faults\/\d is not read any more: its next record is \d+, its end \d+, and nothing came for 0\.6 s$/,
        ),
      ]);
    } finally {
      fetch.mockRestore();
    }
  });
});
