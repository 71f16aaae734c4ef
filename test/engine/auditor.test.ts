import { pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
  IncrementalAlterConfigOperationTypes,
  Producer,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCluster } from "../../cli/live/cluster-reader.ts";
import type { ClusterFigures } from "../../components/kafka-exporter/cluster-figures.ts";
import { readCluster as readClusterFigures } from "../../components/kafka-exporter/read-cluster.ts";
import { auditorGrants, auditorPrincipal } from "../../components/plan/access/auditor.ts";
import { outcomeOf } from "../kafka/protocol-errors.ts";
import { eventually } from "../platform/condition.ts";
import { runKit } from "../platform/kit-command.ts";
import type { TestKafka } from "../saga/servers/kafka.ts";
import { startKafka } from "../saga/servers/kafka.ts";

const PASSWORD = randomBytes(24).toString("base64url");
const OPERATIONS = { Describe: AclOperations.DESCRIBE, DescribeConfigs: AclOperations.DESCRIBE_CONFIGS } as const;
const TYPES = {
  Cluster: ResourceTypes.CLUSTER,
  Topic: ResourceTypes.TOPIC,
  Group: ResourceTypes.GROUP,
} as const;

interface Rule {
  readonly operation: keyof typeof OPERATIONS;
  readonly resourceType: keyof typeof TYPES;
  readonly resourceName: string;
}

/** The auditor's rules, one by one; a grant of another kind than looking ends the test. */
const rules: readonly Rule[] = auditorGrants.flatMap(({ operations, resourceType, resourceName }) =>
  operations.map((operation) => {
    if (
      (operation !== "Describe" && operation !== "DescribeConfigs") ||
      (resourceType !== "Cluster" && resourceType !== "Topic" && resourceType !== "Group")
    )
      throw new Error(`The auditor may ${operation} on ${resourceType}: more than looking.`);
    return { operation, resourceType, resourceName };
  }),
);
const wordsOf = ({ operation, resourceType }: Rule): string => `${operation} on ${resourceType}`;
const aclOf = ({ operation, resourceType, resourceName }: Rule) => ({
  resourceType: TYPES[resourceType],
  resourceName,
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: `User:${auditorPrincipal}`,
  host: "*",
  operation: OPERATIONS[operation],
  permissionType: AclPermissionTypes.ALLOW,
});

describe("the auditor", () => {
  let kafka: TestKafka;
  let admin: Admin;
  let stateDir: string;
  let asAuditor: {
    readonly clientId: string;
    readonly bootstrapBrokers: string[];
    readonly sasl: { readonly mechanism: "SCRAM-SHA-512"; readonly username: string; readonly password: string };
    readonly retries: number;
  };
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "kit-auditor-"));
    kafka = await startKafka(
      {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
      },
      { scram: true },
    );
    admin = new Admin({ clientId: "test", bootstrapBrokers: [kafka.bootstrap], retries: 5, retryDelay: 300 });
    await admin.createTopics({
      topics: ["some-events"],
      partitions: 2,
      replicas: 1,
      configs: [{ name: "retention.ms", value: "3600000" }],
    });
    const member = new Consumer({ clientId: "member", bootstrapBrokers: [kafka.bootstrap], groupId: "some-group" });
    const stream = await member.consume({ topics: ["some-events"], autocommit: false });
    await member.commit({ offsets: [{ topic: "some-events", partition: 0, offset: 0n, leaderEpoch: 0 }] });
    await stream.close();
    await member.close(true);
    await admin.createAcls({ creations: rules.map(aclOf) });
    await admin.alterClientQuotas({
      entries: [
        {
          entities: [{ entityType: "user", entityName: "somebody" }],
          ops: [{ key: "producer_byte_rate", value: 1_000, remove: false }],
        },
      ],
    });
    const [host = "", port = ""] = kafka.bootstrap.split(":");
    const connection = new Connection("test");
    await connection.connect(host, Number(port));
    const salt = randomBytes(16);
    await alterUserScramCredentialsV0.api.async(
      connection,
      [],
      [
        {
          name: auditorPrincipal,
          mechanism: 2,
          iterations: 4_096,
          salt,
          saltedPassword: pbkdf2Sync(PASSWORD, salt, 4_096, 64, "sha512"),
        },
      ],
    );
    await connection.close();
    asAuditor = {
      clientId: "auditor",
      bootstrapBrokers: [kafka.scram ?? ""],
      sasl: { mechanism: "SCRAM-SHA-512", username: auditorPrincipal, password: PASSWORD },
      retries: 0,
    };
    await eventually(
      "the auditor to see what the admin sees",
      async () =>
        (await seen(auditorLogin()).catch(() => "")) === (await seen({ brokers: [kafka.bootstrap] })) || undefined,
      30_000,
    );
  });
  afterAll(async () => {
    await admin.close();
    await kafka.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  const auditorLogin = () => ({ brokers: [kafka.scram ?? ""], user: { name: auditorPrincipal, password: PASSWORD } });
  async function seen(login: Parameters<typeof readCluster>[0]): Promise<string> {
    const { live } = await readCluster(login, new Set(["compression.type"]));
    const exported = await exportedTo(login);
    return JSON.stringify({ ...live, exported, acls: live.acls.map((acl) => JSON.stringify(acl)).toSorted() });
  }

  /** What the exporter of metrics reads. */
  async function exportedTo({ brokers, user }: Parameters<typeof readCluster>[0]): Promise<ClusterFigures> {
    const reader = new Admin({
      clientId: "exporter",
      bootstrapBrokers: [...brokers],
      retries: 0,
      ...(user === undefined
        ? {}
        : { sasl: { mechanism: "SCRAM-SHA-512" as const, username: user.name, password: user.password } }),
    });
    try {
      const { groups, partitions, sizes } = await readClusterFigures(reader, /^unwatched/);
      return { groups, partitions, sizes, disks: [] };
    } finally {
      await reader.close();
    }
  }

  it("sees all that drift and the exporter look at: what a super user sees, and no less", async () => {
    const picture = await seen(auditorLogin());
    for (const word of ["some-events", "3600000", "User:platform-auditor", "somebody", "SCRAM-SHA-512", "some-group"])
      expect(picture).toContain(word);
    expect(picture).toBe(await seen({ brokers: [kafka.bootstrap] }));
  });

  it.each(rules.map((rule) => [wordsOf(rule), rule] as const))("needs %s", async (_, rule) => {
    const whole = await seen({ brokers: [kafka.bootstrap] });
    const acl = aclOf(rule);
    await admin.deleteAcls({ filters: [acl] });
    try {
      const without = await eventually(
        `a broker without ${wordsOf(rule)}`,
        async () => {
          const picture = await seen(auditorLogin()).catch((error: unknown) =>
            error instanceof Error ? `refused: ${error.message}` : "refused",
          );
          return picture === whole ? undefined : picture;
        },
        15_000,
      );
      if (!without.startsWith("refused")) expect(JSON.parse(without)).not.toEqual(JSON.parse(whole));
    } finally {
      await admin.createAcls({ creations: [acl] });
      await eventually(
        "the rule to be back",
        async () => (await seen(auditorLogin()).catch(() => "")) === whole || undefined,
        15_000,
      );
    }
  });

  it("changes nothing and reads no record", async () => {
    const before = await seen({ brokers: [kafka.bootstrap] });
    const auditor = new Admin(asAuditor);
    const producer = new Producer(asAuditor);
    const consumer = new Consumer({ ...asAuditor, groupId: auditorPrincipal });
    try {
      const some = { resourceType: ConfigResourceTypes.TOPIC, resourceName: "some-events" };
      const { topics, brokers } = await admin.metadata({ topics: ["some-events"] });
      const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
        "make a topic": () => auditor.createTopics({ topics: ["mine"], partitions: 1, replicas: 1 }),
        "delete a topic": () => auditor.deleteTopics({ topics: ["some-events"] }),
        "add partitions": () =>
          auditor.createPartitions({ topics: [{ name: "some-events", count: 3, assignments: [] }] }),
        "delete a group": () => auditor.deleteGroups({ groups: ["some-group"] }),
        "change a configuration": () =>
          auditor.incrementalAlterConfigs({
            resources: [
              {
                ...some,
                configs: [
                  { name: "retention.ms", configOperation: IncrementalAlterConfigOperationTypes.SET, value: "1" },
                ],
              },
            ],
          }),
        "allow somebody something": () =>
          auditor.createAcls({
            creations: [
              {
                ...aclOf({ operation: "Describe", resourceType: "Topic", resourceName: "some-events" }),
                operation: AclOperations.ALL,
              },
            ],
          }),
        "change a quota": () =>
          auditor.alterClientQuotas({
            entries: [
              {
                entities: [{ entityType: "user", entityName: "somebody" }],
                ops: [{ key: "producer_byte_rate", value: 1, remove: false }],
              },
            ],
          }),
        "write a record": () =>
          producer.send({ messages: [{ topic: "some-events", key: Buffer.from("k"), value: Buffer.from("v") }] }),
        "read a record": () =>
          consumer.fetch({
            node: [...brokers.keys()][0] ?? 0,
            maxWaitTime: 1,
            minBytes: 0,
            topics: [
              {
                topicId: topics.get("some-events")?.id ?? "",
                partitions: [
                  {
                    partition: 0,
                    currentLeaderEpoch: 0,
                    fetchOffset: 0n,
                    lastFetchedEpoch: -1,
                    partitionMaxBytes: 1_000,
                  },
                ],
              },
            ],
          }),
      };
      const outcomes: Record<string, string> = {};
      for (const [what, attempt] of Object.entries(attempts)) outcomes[what] = await outcomeOf(attempt);
      for (const [what, outcome] of Object.entries(outcomes)) expect(outcome, what).toMatch(/AUTHORIZATION_FAILED/);
    } finally {
      await consumer.close(true);
      await producer.close();
      await auditor.close();
    }
    expect(await seen({ brokers: [kafka.bootstrap] })).toBe(before);
  });

  it("is who kit drift logs in as; a wrong password is told from a server that is away, and shown nowhere", async () => {
    const password = join(stateDir, "password");
    const drift = (...args: readonly string[]) =>
      runKit({ stateDir, portBase: 24_000 }, [
        "drift",
        "--bootstrap",
        kafka.scram ?? "",
        "--plaintext",
        "--username",
        auditorPrincipal,
        "--password-file",
        password,
        ...args,
      ]);
    await writeFile(password, `${PASSWORD}\n`);
    const good = await drift("--fail-on", "undeclared", "--json");
    expect(good.code, good.stderr).toBe(1);
    expect(JSON.parse(good.stdout)).toMatchObject({ summary: { topics: 1, users: 1, quotas: 1, acls: rules.length } });
    expect(`${good.stdout}${good.stderr}`).not.toContain(PASSWORD);
    await writeFile(password, "not-the-password");
    const refused = await drift();
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/KIT_LOGIN_REFUSED.*platform-auditor/u);
    expect(refused.stderr).not.toContain("not-the-password");
  });
});
