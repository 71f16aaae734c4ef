/** The process of a single Kafka node: the toolchain's jars, a temporary folder, loopback. What it listens on is its caller's. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AdminOptions } from "@platformatic/kafka";
import { Admin } from "@platformatic/kafka";
import { findKafka } from "../../../toolchain/servers/kafka.ts";
import { endChild, listening, tailOf } from "./child.ts";

export interface KafkaNodeProcess {
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface KafkaNodeOptions {
  readonly nodeId: number;
  /** Port that is open once it runs. */
  readonly port: number;
  readonly heapMb: number;
  /** Beyond the toolchain's. */
  readonly jvmFlags?: readonly string[];
  /** Lines of `server.properties`; of a setting that stands twice the last counts. Files that they name are written into the folder. */
  properties(folder: string, dataDir: string): readonly string[];
}

/** Formats the storage and starts the node. */
export async function startKafkaNode(options: KafkaNodeOptions): Promise<KafkaNodeProcess> {
  const kafka = await findKafka();
  if (kafka === undefined) throw new Error("Kafka is not prepared; run `npx kit doctor --fix`.");
  const folder = mkdtempSync(join(tmpdir(), "saga-kafka-"));
  const data = join(folder, "data");
  mkdirSync(data);
  cpSync(kafka.storageTemplate, data, { recursive: true });
  writeFileSync(
    join(data, "meta.properties"),
    `version=1\ncluster.id=c2FnYS10ZXN0LWNsdXN0ZQ\nnode.id=${options.nodeId}\ndirectory.id=c2FnYS10ZXN0LWZvbGRlcg\n`,
  );
  const properties = join(folder, "server.properties");
  writeFileSync(properties, `${options.properties(folder, data).join("\n")}\n`);

  let server: ChildProcess | undefined;
  async function start(): Promise<void> {
    if (kafka === undefined) return;
    server = spawn(
      kafka.java.binary,
      [
        ...kafka.jvmFlags,
        ...(options.jvmFlags ?? []),
        `-Xmx${options.heapMb}m`,
        ...(kafka.aotCache === undefined ? [] : [`-XX:AOTCache=${kafka.aotCache}`]),
        "-cp",
        kafka.classPath,
        "kafka.Kafka",
        properties,
      ],
      { cwd: folder, stdio: "pipe" },
    );
    await listening("Kafka", options.port, server, 90_000, tailOf(server));
  }
  await start();

  return {
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

/** Creates topics on a single node, by their numbers of partitions; repeated while the node still starts. */
export async function createTestTopics(connection: AdminOptions, topics: ReadonlyMap<string, number>): Promise<void> {
  const admin = new Admin({ ...connection, retries: 10, retryDelay: 300 });
  try {
    for (const [partitions, group] of Map.groupBy(topics, ([, count]) => count)) {
      await admin.createTopics({ topics: group.map(([name]) => name), partitions, replicas: 1 });
    }
  } finally {
    await admin.close();
  }
}
