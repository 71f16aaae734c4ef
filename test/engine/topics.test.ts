import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Admin, ConfigResourceTypes, ConfigSources, IncrementalAlterConfigOperationTypes } from "@platformatic/kafka";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestKafka } from "../saga/servers/kafka.ts";
import { startKafka } from "../saga/servers/kafka.ts";
import type { TopicStack } from "../topic-stack/stack.ts";
import { openTopicStack, plainTopic, topicsInState } from "../topic-stack/stack.ts";

const names = (count: number) => Array.from({ length: count }, (_, place) => `topic-${String(place).padStart(3, "0")}`);

describe("topics through the engine", () => {
  let kafka: TestKafka;
  let admin: Admin;
  let stack: TopicStack;
  beforeAll(async () => {
    kafka = await startKafka();
    admin = new Admin({ clientId: "test", bootstrapBrokers: [kafka.bootstrap], retries: 5, retryDelay: 300 });
  });
  afterAll(async () => {
    await admin.close();
    await kafka.stop();
  });
  beforeEach(async () => {
    stack = await openTopicStack(kafka.bootstrap);
  });
  afterEach(async () => {
    await stack.remove();
    const left = await admin.listTopics();
    if (left.length > 0) await admin.deleteTopics({ topics: left });
  });

  const listed = async (): Promise<readonly string[]> => (await admin.listTopics()).toSorted();
  /** The topic's own configuration: set values without inherited ones. */
  async function ownConfig(topic: string): Promise<Record<string, string>> {
    const [description] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }],
    });
    const own =
      description?.configs.filter(({ configSource }) => configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG) ?? [];
    return Object.fromEntries(
      own.map(({ name, value }) => [name, value ?? ""] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  async function succeed(args: readonly string[]): Promise<string> {
    const { code, text } = await stack.pulumi(args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`);
    return text;
  }

  it("creates, leaves an unchanged stack alone, changes in place, deletes; what others made stays", async () => {
    await kafka.createTopics(new Map([["foreign", 3]]));
    const foreign = (await admin.metadata({ topics: ["foreign"] })).topics.get("foreign")?.id;
    await stack.declare([
      ...names(12).map((name) => plainTopic(name)),
      plainTopic("wide", { partitions: 7, config: { "cleanup.policy": "compact" } }),
    ]);
    await succeed(["up"]);
    expect(await listed()).toEqual(["foreign", ...names(12), "wide"]);
    expect((await admin.metadata({ topics: ["wide"] })).topics.get("wide")?.partitionsCount).toBe(7);
    expect(await ownConfig("wide")).toEqual({ "cleanup.policy": "compact" });
    await succeed(["preview", "--refresh", "--expect-no-changes"]);

    await admin.incrementalAlterConfigs({
      resources: [
        {
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: "topic-000",
          configs: [
            { name: "segment.ms", configOperation: IncrementalAlterConfigOperationTypes.SET, value: "3600000" },
          ],
        },
      ],
    });
    await stack.declare([
      plainTopic("topic-000", { config: { "retention.ms": "172800000" } }),
      plainTopic("wide", { partitions: 9, config: { "cleanup.policy": "compact" } }),
    ]);
    await succeed(["up"]);
    expect(await listed()).toEqual(["foreign", "topic-000", "wide"]);
    expect(await ownConfig("topic-000"), "the provider sets a topic's configuration as a whole").toEqual({
      "retention.ms": "172800000",
    });
    expect((await admin.metadata({ topics: ["wide"], forceUpdate: true })).topics.get("wide")?.partitionsCount).toBe(9);

    await succeed(["destroy"]);
    expect(await listed()).toEqual(["foreign"]);
    expect(
      (await admin.metadata({ topics: ["foreign"], forceUpdate: true })).topics.get("foreign")?.id,
      "the same topic, not a new one",
    ).toBe(foreign);
  });

  it("refuses a topic that is somebody else's, whatever it looks like, and makes the others", async () => {
    await kafka.createTopics(new Map([["taken", 1]]));
    await stack.declare([plainTopic("taken", { config: {} }), plainTopic("free")]);
    for (const attempt of ["first", "second"]) {
      const { code, text } = await stack.pulumi(["up"]);
      expect(code, attempt).not.toBe(0);
      expect(text).toMatch(/topic with this name already exists/iu);
    }
    expect(await topicsInState(stack)).toEqual(["free"]);
    await succeed(["destroy"]);
    expect(await listed()).toEqual(["taken"]);
  });

  it("is continued after everything was killed in the middle", async () => {
    // More than the engine processes at once.
    const wanted = names(90);
    await stack.declare(wanted.map((name) => plainTopic(name)));
    const killing = new AbortController();
    const killed = stack.pulumi(["up"], { signal: killing.signal });
    // Killed while topics are created: some are in the state, some only on the broker, some nowhere.
    for (const limit = Date.now() + 120_000; (await listed()).length < 20; ) {
      if (Date.now() > limit) throw new Error("Waited 120 s for the first topics.");
      await pause(10);
    }
    killing.abort();
    expect((await killed).code).not.toBe(0);
    // Killed between two writes: the state is complete, the file of its attributes is empty. This also happens without a test,
    // but rarely.
    await writeFile(`${stack.stateFile}.attrs`, "");
    const torn = await stack.pulumi(["stack", "export"]);
    expect(torn.text).toContain("failed to load checkpoint: EOF");
    const { creations } = await stack.mend();
    expect(creations, "creations were under way").toBeGreaterThan(0);
    expect(await succeed(["up"]), "those that were there were taken over").toMatch(/\d+ imported/u);
    expect(await listed()).toEqual(wanted);
    expect(await topicsInState(stack)).toEqual(wanted);
    await succeed(["preview", "--refresh", "--expect-no-changes"]);
    expect(await readFile(stack.stateFile, "utf8")).not.toContain('"pending_operations"');
  });

  it("does not delete a protected topic", async () => {
    await stack.declare([plainTopic("kept")], { protect: true });
    await succeed(["up"]);
    const { code, text } = await stack.pulumi(["destroy"]);
    expect(code).not.toBe(0);
    expect(text).toMatch(/protected/u);
    expect(await listed()).toEqual(["kept"]);
  });
});
