/** A single Kafka node with a plain listener on loopback, for tests of the platform's tools; services of the saga get a [secure one](secure-kafka.ts). */
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import type { KafkaNodeProcess } from "./kafka-node.ts";
import { createTestTopics, startKafkaNode } from "./kafka-node.ts";

export interface TestKafka extends KafkaNodeProcess {
  readonly bootstrap: string;
  /** Listener for SCRAM users, without TLS; there when asked for. */
  readonly scram: string | undefined;
  createTopics(topics: ReadonlyMap<string, number>): Promise<void>;
}

/**
 * Starts the node.
 * @param settings - Further settings of the node, or others than those of the tests.
 * @param options - `scram`: a second listener, on which SCRAM users log in; `heapMb`: a partition takes some 30 KB of it, 256 unless told.
 */
export async function startKafka(
  settings: Readonly<Record<string, string>> = {},
  { scram = false, heapMb = 256 }: { readonly scram?: boolean; readonly heapMb?: number } = {},
): Promise<TestKafka> {
  const [port = 0, controllerPort = 0, scramPort = 0] = await freePorts(3);
  const node = await startKafkaNode({
    nodeId: 1,
    port,
    heapMb,
    properties: (_folder, data) => [
      "process.roles=broker,controller",
      "node.id=1",
      `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${scram ? `,SASL_PLAINTEXT://127.0.0.1:${scramPort}` : ""}`,
      "controller.listener.names=CONTROLLER",
      ...(scram
        ? [
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
            "sasl.enabled.mechanisms=SCRAM-SHA-512",
            "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;",
          ]
        : []),
      `log.dirs=${data}`,
      "auto.create.topics.enable=false",
      "offsets.topic.replication.factor=1",
      "offsets.topic.num.partitions=4",
      "transaction.state.log.replication.factor=1",
      "transaction.state.log.min.isr=1",
      "share.coordinator.state.topic.replication.factor=1",
      "group.initial.rebalance.delay.ms=0",
      "log.cleaner.dedupe.buffer.size=8388608",
      ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
    ],
  });
  return {
    ...node,
    bootstrap: `127.0.0.1:${port}`,
    scram: scram ? `127.0.0.1:${scramPort}` : undefined,
    createTopics: (topics) => createTestTopics({ clientId: "test", bootstrapBrokers: [`127.0.0.1:${port}`] }, topics),
  };
}
