import { ToolchainError } from "../errors.ts";
import { findNode } from "../node.ts";
import { PINNED } from "../versions.ts";
import { findApicurio } from "./apicurio.ts";
import { findKafka } from "./kafka.ts";
import { findPostgresql } from "./postgresql.ts";
import { findRedis } from "./redis.ts";

/** How to start a Kafka node: `java jvmFlags [-XX:AOTCache=aotCache] … -cp classPath kafka.Kafka server.properties`. */
export interface KafkaServer {
  version: string;
  /** Path of the `java` command. */
  java: string;
  javaMajor: number;
  /** Every jar in a fixed order. The ahead-of-time cache is valid for exactly this list. */
  classPath: string;
  /** Absent on JDKs older than 25. */
  aotCache?: string;
  /** Folder with the `bootstrap.checkpoint` of a formatted storage folder. A node adds its own `meta.properties`. */
  storageTemplate: string;
  /** JVM flags without heap sizes and without the cache. */
  jvmFlags: readonly string[];
}

/** How to start the registry: `java jvmFlags … -D<settings> command`, in `workDir`. */
export interface ApicurioServer {
  version: string;
  /** Path of the `java` command. */
  java: string;
  /** Arguments after the flags and the application's settings. */
  command: readonly string[];
  workDir: string;
  /** JVM flags with the ahead-of-time cache, without heap sizes. */
  jvmFlags: readonly string[];
}

/** PostgreSQL's server commands (`postgres`, `initdb`). */
export interface PostgresServer {
  version: string;
  binDir: string;
}

/** The Redis server. */
export interface RedisServer {
  version: string;
  /** Path of the `redis-server` command. */
  server: string;
  tls: boolean;
}

/** All servers that the one-machine platform starts. */
export interface LocalServers {
  /** Path of a Node >= 24.6. */
  node: string;
  kafka: KafkaServer;
  apicurio: ApicurioServer;
  postgres: PostgresServer;
  redis: RedisServer;
}

/**
 * Returns the servers of the one-machine platform. It only looks for them, and never builds or fetches.
 *
 * @throws ToolchainError TOOL_MISSING with everything that is not prepared.
 */
export async function locateLocalServers(): Promise<LocalServers> {
  const [node, kafka, apicurio, postgres, redis] = await Promise.all([
    findNode(),
    findKafka(),
    findApicurio(),
    findPostgresql(),
    findRedis(),
  ]);
  if (
    node === undefined ||
    kafka === undefined ||
    apicurio === undefined ||
    postgres === undefined ||
    redis === undefined
  ) {
    const missing = Object.entries({
      Node: node,
      Kafka: kafka,
      "Apicurio Registry": apicurio,
      PostgreSQL: postgres,
      Redis: redis,
    })
      .filter(([, found]) => found === undefined)
      .map(([name]) => name);
    throw new ToolchainError("TOOL_MISSING", `Not prepared yet: ${missing.join(", ")}.`, "Run `npx kit doctor --fix`.");
  }
  return {
    node: node.binary,
    kafka: {
      version: PINNED.kafka,
      java: kafka.java.binary,
      javaMajor: kafka.java.major,
      classPath: kafka.classPath,
      ...(kafka.aotCache === undefined ? {} : { aotCache: kafka.aotCache }),
      storageTemplate: kafka.storageTemplate,
      jvmFlags: kafka.jvmFlags,
    },
    apicurio: {
      version: PINNED.apicurio,
      java: apicurio.java.binary,
      command: apicurio.command,
      workDir: apicurio.folder,
      jvmFlags: apicurio.jvmFlags,
    },
    postgres: { version: postgres.version, binDir: postgres.binDir },
    redis: { version: redis.version, server: redis.server, tls: redis.tls },
  };
}
