import { pbkdf2Sync, randomBytes } from "node:crypto";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import {
  type Acl,
  AclOperations,
  type AclOperationValue,
  AclPermissionTypes,
  Admin,
  alterUserScramCredentialsV0,
  Connection,
  Consumer,
  Producer,
  ResourcePatternTypes,
  ResourceTypes,
  type ResourceTypeValue,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";

import { KEY_STORE_IN_MEMORY, NODE_PRINCIPAL, nodeProperties } from "../servers/kafka-node-properties.ts";
import { freePorts } from "./loopback-port.ts";
import { trainingCertificates } from "./training-certificates.ts";
import { startTrainingProcess } from "./training-process.ts";

/** Input of a training run. */
export interface KafkaTraining {
  java: string;
  classPath: string;
  /** JVM flags of the cache. A cache is valid for the collector and the object headers with which it was made. */
  jvmFlags: readonly string[];
  /** Folder with the bootstrap.checkpoint of the formatted storage. */
  storageTemplate: string;
  /** Folder below which scratch files are created and removed. */
  folder: string;
  /** Path of the cache file. */
  output: string;
}

const START_LIMIT_MS = 120_000;
const EXCHANGE_LIMIT_MS = 30_000;
const ASSEMBLY_LIMIT_MS = 180_000;
const USER = "training";
const HOST = "127.0.0.1";
const NODE_ID = 1;
/** Number of the mechanism in the protocol. */
const SCRAM_SHA_512 = 2;

/**
 * Runs one combined node as the platform runs its nodes (TLS with PEM files, mutual TLS between nodes, SCRAM for
 * clients, ACLs enabled) and gives it the work of the first minute: topics, ACLs, quotas, records, a consumer group.
 * The classes that the JVM loaded and linked in that time become the cache.
 */
export async function trainKafka(training: KafkaTraining): Promise<void> {
  const scratch = join(training.folder, "scratch");
  await mkdir(join(scratch, "data"), { recursive: true });
  try {
    const node = await prepareNode(training, scratch);
    const server = startTrainingProcess(
      training.java,
      [
        ...training.jvmFlags,
        `-XX:AOTCacheOutput=${training.output}`,
        "-Xmx256m",
        KEY_STORE_IN_MEMORY,
        `-Dlog4j2.configurationFile=${node.logging}`,
        "-cp",
        training.classPath,
        "kafka.Kafka",
        node.properties,
      ],
      { cwd: scratch, log: join(scratch, "node.log") },
    );
    try {
      await server.until("a node that answers its admin", () => node.answers(), START_LIMIT_MS);
      await node.declare();
      // An ACL reaches the broker a moment after it is created.
      await server.until("a client that is let in", () => node.exchange(), EXCHANGE_LIMIT_MS);
    } finally {
      await server.stop(ASSEMBLY_LIMIT_MS);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface PreparedNode {
  properties: string;
  logging: string;
  answers(): Promise<boolean>;
  declare(): Promise<void>;
  exchange(): Promise<boolean>;
}

async function prepareNode(training: KafkaTraining, scratch: string): Promise<PreparedNode> {
  const [client, internal, controller, metrics] = (await freePorts(4)) as [number, number, number, number];
  const certificates = await trainingCertificates(NODE_PRINCIPAL);
  const password = randomBytes(16).toString("hex");
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(scratch, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  const keystore = await file("node.pem", certificates.key + certificates.certificate);
  const truststore = await file("authority.pem", certificates.authority);
  const properties = await file(
    "server.properties",
    combinedNodeProperties({
      client,
      internal,
      controller,
      metrics,
      keystore,
      truststore,
      data: join(scratch, "data"),
    }),
  );
  const logging = await file("log4j2.properties", LOGGING);
  await copyFile(join(training.storageTemplate, "bootstrap.checkpoint"), join(scratch, "data", "bootstrap.checkpoint"));
  await file(join("data", "meta.properties"), `version=1\ncluster.id=${clusterId()}\nnode.id=${NODE_ID}\n`);
  const asAdmin = {
    clientId: "training",
    bootstrapBrokers: [`${HOST}:${internal}`],
    tls: { ca: certificates.authority, cert: certificates.certificate, key: certificates.key },
    retries: 0,
  };
  const asUser = {
    clientId: "training",
    bootstrapBrokers: [`${HOST}:${client}`],
    tls: { ca: certificates.authority },
    sasl: { mechanism: "SCRAM-SHA-512" as const, username: USER, password },
  };
  return {
    properties,
    logging,
    answers: async () => {
      const admin = new Admin(asAdmin);
      try {
        await admin.listTopics({ includeInternals: true });
        return true;
      } catch {
        return false;
      } finally {
        await admin.close().catch(() => undefined);
      }
    },
    declare: async () => {
      await createUser(asAdmin.tls, internal, password);
      await declare(new Admin({ ...asAdmin, retries: 5 }));
    },
    exchange: async () => {
      try {
        await exchange(asUser);
        // The cache includes the code that exports the node's metrics.
        return (await fetch(`http://${HOST}:${metrics}/metrics`)).ok;
      } catch {
        return false;
      }
    },
  };
}

async function declare(admin: Admin): Promise<void> {
  try {
    await admin.createTopics({
      topics: ["training-orders", "training-payments"],
      partitions: 6,
      replicas: 1,
      configs: [
        { name: "compression.type", value: "lz4" },
        { name: "retention.ms", value: "604800000" },
      ],
    });
    const { READ, WRITE, DESCRIBE, IDEMPOTENT_WRITE } = AclOperations;
    await admin.createAcls({
      creations: [
        ...[READ, WRITE, DESCRIBE].map((operation) => allow(ResourceTypes.TOPIC, "training-orders", operation)),
        allow(ResourceTypes.GROUP, "training-group", READ),
        allow(ResourceTypes.CLUSTER, "kafka-cluster", IDEMPOTENT_WRITE),
      ],
    });
    await admin.alterClientQuotas({
      entries: [
        {
          entities: [{ entityType: "user", entityName: USER }],
          ops: [{ key: "producer_byte_rate", value: 10_485_760, remove: false }],
        },
      ],
      validateOnly: false,
    });
  } finally {
    await admin.close();
  }
}

function allow(resourceType: ResourceTypeValue, resourceName: string, operation: AclOperationValue): Acl {
  return {
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${USER}`,
    host: "*",
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  };
}

/** Creates a SCRAM user. Kafka accepts the salted password, never the password itself (RFC 5802). */
async function createUser(tls: TrainingTls, port: number, password: string): Promise<void> {
  const [salt, iterations] = [randomBytes(16), 4096];
  const saltedPassword = pbkdf2Sync(password, salt, iterations, 64, "sha512");
  const connection = new Connection("training", { tls });
  await connection.connect(HOST, port);
  try {
    await alterUserScramCredentialsV0.api.async(
      connection,
      [],
      [{ name: USER, mechanism: SCRAM_SHA_512, iterations, salt, saltedPassword }],
    );
  } finally {
    await connection.close();
  }
}

/** Returns a cluster id: a UUID in base64url. Kafka refuses one that starts with a dash. */
function clusterId(): string {
  return randomBytes(16).toString("base64url").replace(/^-/, "A");
}

interface TrainingTls {
  ca: string;
  cert: string;
  key: string;
}

interface TrainingUser {
  clientId: string;
  bootstrapBrokers: string[];
  tls: { ca: string };
  sasl: { mechanism: "SCRAM-SHA-512"; username: string; password: string };
}

async function exchange(connection: TrainingUser): Promise<void> {
  const producer = new Producer({ ...connection, serializers: stringSerializers, idempotent: true });
  const consumer = new Consumer({ ...connection, groupId: "training-group", deserializers: stringDeserializers });
  try {
    const messages = Array.from({ length: 200 }, (_, index) => ({
      topic: "training-orders",
      key: `order-${index}`,
      value: "x".repeat(200),
    }));
    await producer.send({ messages, acks: -1, compression: "lz4" });
    const stream = await consumer.consume({
      topics: ["training-orders"],
      mode: "earliest",
      autocommit: true,
      sessionTimeout: 10_000,
    });
    let received = 0;
    for await (const message of stream) {
      if (++received >= messages.length) break;
      void message;
    }
    await stream.close();
  } finally {
    await Promise.allSettled([producer.close(true), consumer.close(true)]);
  }
}

const LOGGING = `status = warn
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1} - %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
`;

/** Returns the properties of a platform broker in a process that is its own controller and holds few partitions. */
function combinedNodeProperties(node: {
  client: number;
  internal: number;
  controller: number;
  metrics: number;
  keystore: string;
  truststore: string;
  data: string;
}): string {
  const common = nodeProperties({
    node: { id: NODE_ID, role: "broker", zone: "a" },
    host: HOST,
    controllerPorts: new Map([[NODE_ID, node.controller]]),
    brokerPorts: { client: node.client, internal: node.internal },
    dataDir: node.data,
    keystore: node.keystore,
    truststore: node.truststore,
    replicationFactor: 1,
    minInsyncReplicas: 1,
    brokerCount: 1,
    administrators: [],
    metrics: { port: node.metrics, allowList: ["kafka_server_brokertopicmetrics.*"] },
  });
  // If a property appears twice, the last one counts.
  return `${common}process.roles=broker,controller
listeners=CLIENT://${HOST}:${node.client},INTERNAL://${HOST}:${node.internal},CONTROLLER://${HOST}:${node.controller}
controller.quorum.append.linger.ms=0
`;
}
