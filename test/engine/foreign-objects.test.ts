import { createHash, pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  alterUserScramCredentialsV0,
  ConfigResourceTypes,
  Connection,
  Consumer,
  describeUserScramCredentialsV0,
  Producer,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCluster } from "../../cli/live/cluster-reader.ts";
import type { PlannedAcl } from "../../components/plan/types.ts";
import { runKit } from "../platform/kit-command.ts";
import type { TestKafka } from "../saga/servers/kafka.ts";
import { startKafka } from "../saga/servers/kafka.ts";
import type { DeclaredAccess } from "../topic-stack/program.ts";
import type { TopicStack } from "../topic-stack/stack.ts";
import { openTopicStack, plainTopic } from "../topic-stack/stack.ts";

const OWN = ["own-events", "own-notes"];
const allow = (
  operation: PlannedAcl["operation"],
  resourceType: PlannedAcl["resourceType"],
  resourceName: string,
): PlannedAcl => ({
  key: `own-service/${operation}/${resourceType}/${resourceName}`,
  principal: "own-service",
  operation,
  resourceType,
  resourceName,
  pattern: "Literal",
  reason: "test",
});
const access: DeclaredAccess = {
  principals: [{ name: "own-service", kind: "service" }],
  acls: [
    allow("Read", "Topic", "own-events"),
    allow("Write", "Topic", "own-events"),
    allow("Read", "Group", "own-service"),
  ],
  quotas: [{ principal: "own-service", producerByteRate: 1_000_000 }],
};
/** Where others keep to themselves, and where they touch what the stack owns: rules on its topic, a quota beside its user's. */
const FOREIGN_RULES = [
  {
    resourceType: ResourceTypes.TOPIC,
    resourceName: "theirs",
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: "User:them",
    host: "*",
    operation: AclOperations.READ,
    permissionType: AclPermissionTypes.ALLOW,
  },
  {
    resourceType: ResourceTypes.TOPIC,
    resourceName: "own-",
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: "User:them",
    host: "*",
    operation: AclOperations.READ,
    permissionType: AclPermissionTypes.ALLOW,
  },
  {
    resourceType: ResourceTypes.TOPIC,
    resourceName: "own-events",
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: "User:them",
    host: "10.0.0.1",
    operation: AclOperations.READ,
    permissionType: AclPermissionTypes.DENY,
  },
  {
    resourceType: ResourceTypes.TOPIC,
    resourceName: "own-events",
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: "User:own-service",
    host: "*",
    operation: AclOperations.DESCRIBE_CONFIGS,
    permissionType: AclPermissionTypes.ALLOW,
  },
];

describe("what others made on the cluster", () => {
  let kafka: TestKafka;
  let admin: Admin;
  let stack: TopicStack;
  let stateDir: string;
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "kit-foreign-"));
    kafka = await startKafka({
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:ANONYMOUS",
    });
    admin = new Admin({ clientId: "test", bootstrapBrokers: [kafka.bootstrap], retries: 5, retryDelay: 300 });
    stack = await openTopicStack(kafka.bootstrap);
    await makeForeignObjects();
  });
  afterAll(async () => {
    await stack.remove();
    await admin.close();
    await kafka.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  async function makeForeignObjects(): Promise<void> {
    await admin.createTopics({
      topics: ["theirs"],
      partitions: 3,
      replicas: 1,
      configs: [{ name: "segment.ms", value: "3600000" }],
    });
    await admin.createAcls({ creations: FOREIGN_RULES });
    await admin.alterClientQuotas({
      entries: [
        {
          entities: [{ entityType: "user", entityName: "them" }],
          ops: [{ key: "consumer_byte_rate", value: 77_000, remove: false }],
        },
        {
          entities: [
            { entityType: "user", entityName: "own-service" },
            { entityType: "client-id", entityName: "batch" },
          ],
          ops: [{ key: "producer_byte_rate", value: 55_000, remove: false }],
        },
        { entities: [{ entityType: "user" }], ops: [{ key: "producer_byte_rate", value: 99_000, remove: false }] },
      ],
    });
    await withConnection(async (connection) => {
      const salt = randomBytes(16);
      await alterUserScramCredentialsV0.api.async(
        connection,
        [],
        [
          {
            name: "them",
            mechanism: 2,
            iterations: 8_192,
            salt,
            saltedPassword: pbkdf2Sync("theirs", salt, 8_192, 64, "sha512"),
          },
        ],
      );
    });
    const producer = new Producer({ clientId: "them", bootstrapBrokers: [kafka.bootstrap] });
    for (let partition = 0; partition < 3; partition += 1) {
      await producer.send({
        messages: [1, 2, 3].map((number) => ({
          topic: "theirs",
          partition,
          key: Buffer.from(`k${number}`),
          value: Buffer.from(`record ${number} of ${partition}`),
        })),
      });
    }
    await producer.close();
    await admin.alterConsumerGroupOffsets({
      groupId: "their-group",
      topics: [
        {
          name: "theirs",
          partitionOffsets: [0, 1, 2].map((partition) => ({ partition, offset: BigInt(partition + 1) })),
        },
      ],
    });
  }

  async function withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const [host = "", port = ""] = kafka.bootstrap.split(":");
    const connection = new Connection("test");
    await connection.connect(host, Number(port));
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** Everything foreign that a client can see, as one text: it has to stay the same, byte for byte. */
  async function foreign(): Promise<string> {
    const { live } = await readCluster({ brokers: [kafka.bootstrap] }, new Set());
    const ownRules = new Set(
      access.acls.map(({ operation, resourceType, resourceName }) => `${operation} ${resourceType} ${resourceName}`),
    );
    const { topics } = await admin.metadata({ topics: ["theirs"], forceUpdate: true });
    const credentials = await withConnection((connection) =>
      describeUserScramCredentialsV0.api.async(connection, [{ name: "them" }]),
    );
    return JSON.stringify(
      {
        topics: live.topics.filter(({ name }) => !OWN.includes(name)),
        id: topics.get("theirs")?.id,
        records: await recordsOf("theirs", 3),
        acls: live.acls
          .filter(
            ({ principal, host, operation, resourceType, resourceName }) =>
              principal !== "User:own-service" ||
              host !== "*" ||
              !ownRules.has(`${operation} ${resourceType} ${resourceName}`),
          )
          .map((acl) => JSON.stringify(acl))
          .toSorted(),
        quotas: live.quotas
          .filter(({ entity }) => !(entity.user === "own-service" && Object.keys(entity).length === 1))
          .map((quota) => JSON.stringify(quota))
          .toSorted(),
        users: live.users.filter(({ name }) => name !== "own-service"),
        credentials: credentials.results.map(({ user, credentialInfos }) => ({ user, credentialInfos })),
        offsets: await admin.listConsumerGroupOffsets({ groups: ["their-group"] }),
      },
      (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
    );
  }

  /** Digest of a topic's records with their offsets. */
  async function recordsOf(topic: string, partitions: number): Promise<string> {
    const consumer = new Consumer({
      clientId: "look",
      groupId: "look",
      bootstrapBrokers: [kafka.bootstrap],
      autocommit: false,
    });
    const hash = createHash("sha256");
    try {
      const stream = await consumer.consume({ topics: [topic], mode: "earliest" });
      const seen: string[] = [];
      for await (const message of stream) {
        seen.push(
          `${message.partition} ${message.offset} ${message.key.toString()} ${message.value.toString()} ${message.timestamp}`,
        );
        if (seen.length === partitions * 3) break;
      }
      for (const line of seen.toSorted()) hash.update(line);
    } finally {
      await consumer.close(true);
    }
    return hash.digest("hex");
  }

  async function succeed(...args: readonly string[]): Promise<void> {
    const { code, text } = await stack.pulumi(args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`);
  }

  it("stays byte for byte as it was through up, a change, drift, refresh and destroy", async () => {
    const before = await foreign();
    for (const word of ["theirs", "their-group", "User:them", "10.0.0.1", "batch", "99000", "8192"])
      expect(before, "the picture holds it").toContain(word);

    await stack.declare(
      OWN.map((name) => plainTopic(name)),
      { access },
    );
    await succeed("up");
    expect(await foreign(), "after up").toBe(before);

    await stack.declare([plainTopic("own-events", { partitions: 4, config: { "retention.ms": "3600000" } })], {
      access: {
        ...access,
        acls: access.acls.slice(1),
        quotas: [{ principal: "own-service", producerByteRate: 2_000_000 }],
      },
    });
    await succeed("up");
    expect(await foreign(), "after a change").toBe(before);
    const changed = await readCluster({ brokers: [kafka.bootstrap] }, new Set());
    expect(
      changed.live.quotas.filter(({ entity }) => entity.user === "own-service" && Object.keys(entity).length === 1),
      "the changed quota is in force",
    ).toMatchObject([{ values: { producer_byte_rate: 2_000_000 } }]);

    const drift = await runKit({ stateDir, portBase: 24_000 }, [
      "drift",
      "--bootstrap",
      kafka.bootstrap,
      "--plaintext",
      "--json",
    ]);
    expect(drift.code).toBe(1);
    expect(await foreign(), "after kit drift").toBe(before);
    await succeed("refresh", "--yes", "--skip-preview");
    expect(await foreign(), "after refresh").toBe(before);

    await succeed("destroy");
    expect(await foreign(), "after destroy").toBe(before);
    const { live } = await readCluster({ brokers: [kafka.bootstrap] }, new Set());
    expect(live.topics.map(({ name }) => name).filter((name) => !name.startsWith("__"))).toEqual(["theirs"]);
    expect(live.users.map(({ name }) => name)).toEqual(["them"]);
    const [own] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: "theirs" }],
    });
    expect(own?.configs.find(({ name }) => name === "segment.ms")?.value).toBe("3600000");
  });
});
