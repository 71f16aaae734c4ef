/**
 * A relay in its own process, to be frozen in the middle of a drain. It prints `draining` before it publishes, waits for a line
 * on stdin, and continues. Its settings come as JSON in RELAY_PROCESS.
 */
import { once } from "node:events";
import { systemClock } from "@event-platform-kit/service/clock";
import type { DatabaseConfig, KafkaConfig } from "@event-platform-kit/service/config";
import type { Codec } from "@event-platform-kit/service/events/codec";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { openPublisher } from "../../../service-templates/lib/kafka/publisher.ts";
import { outboxRelay } from "../../../service-templates/lib/outbox/relay.ts";

const { database: login, kafka } = JSON.parse(process.env.RELAY_PROCESS ?? "") as {
  readonly database: DatabaseConfig;
  readonly kafka: KafkaConfig;
};
const report = (line: string): void => void process.stdout.write(`${line}\n`);

const database = openDatabase(login, { applicationName: "frozen-relay", onError: () => undefined });
const publisher = openPublisher({ config: kafka, clientId: "frozen-relay" });
let waits = true;
const relay = outboxRelay({
  database,
  codec: { schemaId: async () => 1 } as unknown as Codec,
  clock: systemClock,
  onPublished: () => undefined,
  onError: () => report("failed"),
  publisher: {
    ...publisher,
    async publish(records) {
      if (waits) {
        report("draining");
        await once(process.stdin, "data");
        waits = false;
      }
      await publisher.publish(records);
      report("published");
    },
  },
});
relay.start();
