/** A single Kafka node of the test's own: the toolchain's jars, a temporary folder, a plain listener on loopback. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin } from "@platformatic/kafka";
import { findKafka } from "../../../toolchain/kafka.ts";
import { freePorts } from "../../../toolchain/loopback-port.ts";
import { endChild, listening, tailOf } from "./child.ts";

export interface TestKafka {
  readonly bootstrap: string;
  /** Listener for SCRAM users, without TLS; there when asked for. */
  readonly scram: string | undefined;
  createTopics(topics: ReadonlyMap<string, number>): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the node.
 * @param settings - Further settings of the node, or others than those of the tests.
 * @param options - `scram`: a second listener, on which SCRAM users log in; `heapMb`: a partition takes some 30 KB of it, 256 unless told.
 */
export async function startKafka(settings: Readonly<Record<string, string>> = {}, { scram = false, heapMb = 256 }: { readonly scram?: boolean; readonly heapMb?: number } = {}): Promise<TestKafka> {
  const kafka = await findKafka();
  if (kafka === undefined) throw new Error("Kafka is not prepared; run `npx kit doctor --fix`.");
  const folder = mkdtempSync(join(tmpdir(), "saga-kafka-"));
  const [port = 0, controllerPort = 0, scramPort = 0] = await freePorts(3);
  const data = join(folder, "data");
  mkdirSync(data);
  cpSync(kafka.storageTemplate, data, { recursive: true });
  writeFileSync(join(data, "meta.properties"), "version=1\ncluster.id=c2FnYS10ZXN0LWNsdXN0ZQ\nnode.id=1\ndirectory.id=c2FnYS10ZXN0LWZvbGRlcg\n");
  const properties = join(folder, "server.properties");
  writeFileSync(properties, [
    "process.roles=broker,controller", "node.id=1", `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${scram ? `,SASL_PLAINTEXT://127.0.0.1:${scramPort}` : ""}`, "controller.listener.names=CONTROLLER",
    ...(scram ? [
      "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT", "sasl.enabled.mechanisms=SCRAM-SHA-512",
      "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;",
    ] : []),
    `log.dirs=${data}`, "auto.create.topics.enable=false", "offsets.topic.replication.factor=1", "offsets.topic.num.partitions=4",
    "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1", "share.coordinator.state.topic.replication.factor=1",
    "group.initial.rebalance.delay.ms=0", "log.cleaner.dedupe.buffer.size=8388608",
    ...Object.entries(settings).map(([key, value]) => `${key}=${value}`), "",
  ].join("\n"));

  let server: ChildProcess | undefined;
  async function start(): Promise<void> {
    if (kafka === undefined) return;
    server = spawn(kafka.java.binary, [
      ...kafka.jvmFlags, `-Xmx${heapMb}m`, ...(kafka.aotCache === undefined ? [] : [`-XX:AOTCache=${kafka.aotCache}`]), "-cp", kafka.classPath, "kafka.Kafka", properties,
    ], { cwd: folder, stdio: "pipe" });
    await listening("Kafka", port, server, 90_000, tailOf(server));
  }
  await start();

  return {
    bootstrap: `127.0.0.1:${port}`,
    scram: scram ? `127.0.0.1:${scramPort}` : undefined,
    async createTopics(topics) {
      const admin = new Admin({ clientId: "test", bootstrapBrokers: [`127.0.0.1:${port}`], retries: 10, retryDelay: 300 });
      const byPartitions = Map.groupBy(topics, ([, partitions]) => partitions);
      for (const [partitions, group] of byPartitions) {
        await admin.createTopics({ topics: group.map(([name]) => name), partitions, replicas: 1 });
      }
      await admin.close();
    },
    start,
    async kill() {
      if (server !== undefined) await endChild(server, 0, "SIGKILL");
    },
    async stop() {
      if (server !== undefined) await endChild(server, 15_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
