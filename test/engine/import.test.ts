import { pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  alterUserScramCredentialsV0,
  ConfigResourceTypes,
  ConfigSources,
  Connection,
  Producer,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { begunTopicsFile } from "../../cli/pulumi/begun-creations.ts";
import { BEGUN_TOPICS_VARIABLE } from "../../components/kafka/begun-topics.ts";
import { loadModel } from "../../components/model/load.ts";
import { expectRead } from "../../components/model/read.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import type { KitResult } from "../platform/kit-command.ts";
import { runKit } from "../platform/kit-command.ts";
import { copyProject } from "../platform/project-copy.ts";
import type { TestKafka } from "../saga/servers/kafka.ts";
import { startKafka } from "../saga/servers/kafka.ts";
import type { TopicStack } from "../topic-stack/stack.ts";
import { openTopicStack, topicsInState } from "../topic-stack/stack.ts";

const STACK =
  "config:\n  event-platform:platform:\n    substrate: local\n    topics: {replicationFactor: 1, minInsyncReplicas: 1}\n";
const BILLING = ["billing-events", "billing-notes"];

interface ImportDocument {
  readonly topics: readonly { readonly name: string }[];
  readonly leftOut: readonly { readonly object: string; readonly reason: string }[];
  readonly notes: readonly string[];
  readonly created: readonly string[];
}

describe("kit import of topics that somebody made by hand", () => {
  let kafka: TestKafka;
  let admin: Admin;
  let stack: TopicStack;
  let project: Awaited<ReturnType<typeof copyProject>>;
  let stateDir: string;
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "kit-import-"));
    kafka = await startKafka({
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:ANONYMOUS",
    });
    admin = new Admin({ clientId: "test", bootstrapBrokers: [kafka.bootstrap], retries: 5, retryDelay: 300 });
    stack = await openTopicStack(kafka.bootstrap);
    project = await copyProject();
    await rm(join(project.dir, "topics"), { recursive: true });
    await mkdir(join(project.dir, "topics"));
    for (const name of await readdir(join(project.dir, "stacks")))
      if (name.startsWith("Pulumi.")) await rm(join(project.dir, "stacks", name));
    await writeFile(join(project.dir, "stacks", "Pulumi.local.yaml"), STACK);

    await admin.createTopics({
      topics: ["billing-events"],
      partitions: 6,
      replicas: 1,
      configs: Object.entries({
        "cleanup.policy": "compact",
        "compression.type": "zstd",
        "max.message.bytes": "2097152",
        "min.insync.replicas": "1",
        "retention.ms": "172800000",
      }).map(([name, value]) => ({ name, value })),
    });
    // This topic sets nothing; all its values come from the broker.
    await admin.createTopics({ topics: ["billing-notes", "audit.log"], partitions: 2, replicas: 1 });
    await admin.createAcls({
      creations: [
        {
          resourceType: ResourceTypes.TOPIC,
          resourceName: "billing-events",
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: "User:billing-service",
          host: "*",
          operation: AclOperations.WRITE,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
    await admin.alterClientQuotas({
      entries: [
        {
          entities: [{ entityType: "user", entityName: "billing-service" }],
          ops: [{ key: "producer_byte_rate", value: 3_145_728, remove: false }],
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
          name: "billing-service",
          mechanism: 2,
          iterations: 4_096,
          salt,
          saltedPassword: pbkdf2Sync("old", salt, 4_096, 64, "sha512"),
        },
      ],
    );
    await connection.close();
    const producer = new Producer({ clientId: "test", bootstrapBrokers: [kafka.bootstrap] });
    await producer.send({
      messages: [1, 2, 3, 4].map((number) => ({
        topic: "billing-events",
        key: Buffer.from(`k${number}`),
        value: Buffer.from("kept"),
      })),
    });
    await producer.close();
  });
  afterAll(async () => {
    await stack.remove();
    await project.remove();
    await admin.close();
    await kafka.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  const kit = (...args: readonly string[]): Promise<KitResult> =>
    runKit({ stateDir, portBase: 24_000 }, args, { projectDir: project.dir });
  const login = (): readonly string[] => ["--bootstrap", kafka.bootstrap, "--plaintext"];
  const topicFiles = async (): Promise<readonly string[]> =>
    (await readdir(join(project.dir, "topics"), { recursive: true })).toSorted();
  async function facts(topic: string): Promise<{
    id: string | undefined;
    partitions: number | undefined;
    records: bigint;
    inForce: Record<string, string>;
    own: readonly string[];
  }> {
    const found = (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic);
    const offsets = await admin.listOffsets({
      topics: [
        {
          name: topic,
          partitions: (found?.partitions ?? []).map((_, partitionIndex) => ({ partitionIndex, timestamp: -1n })),
        },
      ],
    });
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }],
    });
    const configs = described?.configs ?? [];
    return {
      id: found?.id,
      partitions: found?.partitionsCount,
      records: offsets
        .flatMap((listed) => listed.partitions.map(({ offset }) => offset))
        .reduce((sum, offset) => sum + offset, 0n),
      inForce: Object.fromEntries(
        configs.map(({ name, value }) => [name, value ?? ""] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
      own: configs
        .filter(({ configSource }) => configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG)
        .map(({ name }) => name)
        .toSorted(),
    };
  }

  it("says what it would do and does nothing with --dry-run", async () => {
    const { code, stdout, stderr } = await kit("import", ...login(), "--team", "billing", "--dry-run", "--json");
    expect(code, stderr).toBe(0);
    const document = JSON.parse(stdout) as ImportDocument;
    expect(document.topics.map(({ name }) => name)).toEqual(["audit.log", ...BILLING]);
    expect(document.notes.join("\n"), "a running client would be shut out").toMatch(
      /billing-service has a password on the cluster/u,
    );
    expect(await topicFiles()).toEqual([]);
    expect(await readdir(stateDir)).not.toContain("begun-topics.json");
  });

  it.each<[string, readonly string[], number, RegExp]>([
    [
      "a broker that is not there",
      ["--bootstrap", "127.0.0.1:1", "--plaintext", "--team", "billing"],
      3,
      /KIT_SERVER_UNREACHABLE.*127\.0\.0\.1:1/u,
    ],
    ["an address without a port", ["--bootstrap", "nowhere", "--plaintext"], 2, /KIT_USAGE/u],
    [
      "a team that is no name",
      ["--bootstrap", "127.0.0.1:1", "--plaintext", "--team", "Billing Team"],
      2,
      /--team takes/u,
    ],
    [
      "a stack that is not there",
      ["--stack", "nowhere", "--bootstrap", "127.0.0.1:1", "--plaintext"],
      2,
      /KIT_UNKNOWN_STACK/u,
    ],
    ["no platform to ask", [], 3, /KIT_PLATFORM_NOT_RUNNING/u],
  ])("refuses %s and writes nothing", async (_what, args, code, words) => {
    const result = await kit("import", ...args);
    expect(result.stderr).toMatch(words);
    expect(result.code).toBe(code);
    expect(await topicFiles()).toEqual([]);
  });

  it("wants an owner for a domain that is new", async () => {
    const { code, stderr } = await kit("import", ...login());
    expect(stderr).toMatch(/--team/u);
    expect(code).toBe(2);
  });

  it("writes files whose plan the next up takes over, so that the preview after it is empty and nothing was lost", async () => {
    const before = await Promise.all(BILLING.map(facts));
    const { code, stderr } = await kit(
      "import",
      ...login(),
      "--topics",
      "billing-*",
      "--team",
      "billing",
      "--take-over-users",
      "--json",
    );
    expect(code, stderr).toBe(0);
    expect(await topicFiles()).toContain("billing.yaml");
    const { model, stack: settings } = expectRead(await loadModel(project.dir, "local"));
    const plan = planPlatform(model, settings);
    expect(plan.quotas).toEqual([
      expect.objectContaining({ principal: "billing-service", producerByteRate: 3_145_728 }),
    ]);
    expect(plan.acls.map(({ key }) => key)).toContain("billing-service/Write/Topic/billing-events");

    await stack.declare(plan.topics.filter(({ name }) => BILLING.includes(name)));
    const refused = await stack.pulumi(["up"]);
    expect(refused.code, "without the list of the import a topic that is there belongs to somebody else").not.toBe(0);
    const adopted = { env: { [BEGUN_TOPICS_VARIABLE]: begunTopicsFile(stateDir) } };
    const up = await stack.pulumi(["up"], adopted);
    expect(up.code, up.text).toBe(0);
    expect(await topicsInState(stack)).toEqual(BILLING);
    const preview = await stack.pulumi(["preview", "--refresh", "--expect-no-changes"]);
    expect(preview.code, preview.text).toBe(0);

    for (const [place, name] of BILLING.entries()) {
      const { own, ...after } = await facts(name);
      const { own: ownBefore, ...was } = before[place] ?? { own: [] };
      // Kafka's own segments of a week would keep its records for twice their retention.
      const bounded = name === "billing-notes" ? { "segment.ms": "100800000" } : {};
      expect(after, `${name}: the same topic, its records, every value in force`).toEqual({
        ...was,
        inForce: { ...("inForce" in was ? was.inForce : {}), ...bounded },
      });
      expect(own, "what it only inherited stands on it now").toEqual(
        [
          ...new Set([
            ...ownBefore,
            "cleanup.policy",
            "compression.type",
            "max.message.bytes",
            "min.insync.replicas",
            "retention.ms",
            "segment.bytes",
            "segment.ms",
          ]),
        ].toSorted(),
      );
    }
    expect((await facts("audit.log")).own, "what was not asked for is as it was").toEqual([]);
  });

  it("has nothing to import a second time, and overwrites nothing", async () => {
    const text = await readFile(join(project.dir, "topics", "billing.yaml"), "utf8");
    const again = await kit("import", ...login(), "--topics", "billing-*", "--team", "billing");
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/Nothing to import/u);
    expect(await readFile(join(project.dir, "topics", "billing.yaml"), "utf8")).toBe(text);
  });

  it("refuses a folder that was left half written, naming the place", async () => {
    const file = join(project.dir, "topics", "broken.yaml");
    await writeFile(file, "domain: broken\nowner: {team: x");
    const before = await topicFiles();
    const result = await kit("import", ...login(), "--topics", "audit.*", "--team", "audit");
    expect(result.stderr).toMatch(/topics\/broken\.yaml:\d+:\d+/u);
    expect(result.code).toBe(2);
    expect(await topicFiles()).toEqual(before);
    await rm(file);
  });
});
