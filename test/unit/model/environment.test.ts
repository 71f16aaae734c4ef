import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectRead, readModel } from "../../../components/model/read.ts";
import { modelFor, namedStacks } from "../../../components/model/topics/environment.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { environmentSettings, type Model } from "../../../components/model/types.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { stackWith } from "../plan/sample-models.ts";
import { goodDomain, projectWith } from "./project-files.ts";

const withSettings = (settings: string, more = ""): string =>
  `${goodDomain.replace(
    "    retention: 7d\n",
    `    retention: 7d\n${settings
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n")}\n`,
  )}${more}`;
const whole = (settings: string, more = ""): Model => expectRead(readTopics(projectWith(withSettings(settings, more))));
const stack = (name: string, settings = ""): { path: string; text: string } => ({
  path: `stacks/Pulumi.${name}.yaml`,
  text: `config:\n  event-platform:platform:\n    substrate: local\n${settings}`,
});
const problems = (settings: string, more = "", name = "prod", stackText = ""): string => {
  const reading = readModel(projectWith(withSettings(settings, more)), stack(name, stackText), {
    stacks: ["dev", "prod", "staging"],
  });
  return reading.ok
    ? ""
    : reading.problems
        .map(({ rule, line, column, message, fix }) => `${line}:${column} ${rule} ${message} → ${fix ?? ""}`)
        .join("\n");
};
const topicIn = (model: Model, name: string) => modelFor(model, name).domains[0]?.topics[0];

describe("what is other in an environment", () => {
  const overridden = "overrides:\n  dev: {partitions: 3, retention: 1d}\n  staging: {retentionBytes: 1GiB}";

  it("takes the place of what the topic says, there alone, with its own line", () => {
    const model = whole(overridden);
    expect(topicIn(model, "dev")).toMatchObject({
      partitions: 3,
      retention: 86_400_000,
      partitionsAsIs: true,
      places: { partitions: { line: 10 }, retention: { line: 10 } },
    });
    expect(topicIn(model, "staging")).toMatchObject({
      partitions: 30,
      retention: 604_800_000,
      retentionBytes: 2 ** 30,
      places: { retentionBytes: { line: 11 }, retention: { line: 8 } },
    });
    expect(topicIn(model, "staging")).not.toHaveProperty("partitionsAsIs");
    expect(topicIn(model, "prod")).toBe(model.domains[0]?.topics[0]);
  });

  it("is a number of partitions as it is, whatever the stack's factor", () => {
    const planned = (name: string) =>
      planPlatform(modelFor(whole(overridden), name), stackWith({ topics: { partitionFactor: 0.1 } })).topics.find(
        (topic) => topic.name === "order-events",
      )?.partitions;
    expect([planned("dev"), planned("staging"), planned(undefined as unknown as string)]).toEqual([3, 3, 3]);
    const single = whole("overrides:\n  dev: {partitions: 12}");
    expect(
      planPlatform(modelFor(single, "dev"), stackWith({ topics: { partitionFactor: 0.1 } })).topics.find(
        (topic) => topic.name === "order-events",
      )?.partitions,
    ).toBe(12);
  });

  it("shares with the whole what is not other, and is made once", () => {
    const plain = expectRead(readTopics(projectWith(goodDomain)));
    expect(modelFor(plain, "dev")).toBe(plain);
    const model = whole(overridden);
    expect(modelFor(model, undefined)).toBe(model);
    expect(modelFor(model, "dev").domains[0]).toBe(modelFor(model, "dev").domains[0]);
  });

  it("is exactly what is said for it: every setting, one by one", () => {
    const values: Readonly<Record<(typeof environmentSettings)[number], [text: string, value: unknown]>> = {
      partitions: ["12", 12],
      retention: ["2d", 172_800_000],
      retentionBytes: ["1GiB", 2 ** 30],
      segmentAge: ["1h", 3_600_000],
      segmentSize: ["64MiB", 64 * 2 ** 20],
      tombstoneRetention: ["1h", 3_600_000],
      minCompactionLag: ["1h", 3_600_000],
      maxCompactionLag: ["2h", 7_200_000],
      dirtyRatio: ["0.2", 0.2],
      remoteStorage: ["enabled", "enabled"],
      localRetention: ["1h", 3_600_000],
      localRetentionBytes: ["1MiB", 2 ** 20],
      maxMessage: ["2MiB", 2 * 2 ** 20],
      compression: ["zstd", "zstd"],
      replicationFactor: ["5", 5],
      minInsyncReplicas: ["3", 3],
    };
    fc.assert(
      fc.property(fc.subarray([...environmentSettings], { minLength: 1 }), (said) => {
        const model = whole(
          `overrides:\n  dev: {${said.map((setting) => `${setting}: ${values[setting][0]}`).join(", ")}}`,
        );
        const [topic, original] = [topicIn(model, "dev"), model.domains[0]?.topics[0]];
        for (const setting of environmentSettings)
          expect(topic?.[setting]).toEqual(said.includes(setting) ? values[setting][1] : original?.[setting]);
        expect(topicIn(model, "prod")).toBe(original);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a topic that some environments have", () => {
  it("is in their models alone, and known to the others as elsewhere", () => {
    const model = whole("stacks: [staging, dev]");
    expect(topicIn(model, "dev")?.name).toBe("order-events");
    expect(modelFor(model, "prod").domains[0]).toMatchObject({
      topics: [],
      elsewhere: [{ name: "order-events", stacks: ["dev", "staging"] }],
    });
    expect(
      namedStacks({
        stacks: ["staging"],
        overrides: { dev: { settings: {}, places: {}, source: { file: "", line: 1, column: 1 } } },
      }),
    ).toEqual(["dev", "staging"]);
  });

  it("takes its dead-letter topics, access and contracts along", () => {
    const plan = planPlatform(modelFor(whole("stacks: [staging]"), "prod"), stackWith());
    expect(plan.topics.filter(({ kind }) => kind !== "registry")).toEqual([]);
    expect(plan.contracts).toEqual([]);
  });

  it("may have settings in a stack's file for services that only other environments need", () => {
    expect(problems("stacks: [staging]", "", "prod", "    services: {payment-service: {replicas: 2}}\n")).toBe("");
  });

  it("may be removed from an environment that it left, and not from one that it is in", () => {
    const removal = (stacks: string): string =>
      `removals:\n  - {topic: order-events, ${stacks}reason: nobody needs it in there any more, date: 2026-11-01}\n`;
    expect(problems("stacks: [prod, staging]", removal("stacks: [dev], "))).toBe("");
    expect(problems("stacks: [prod, staging]", removal("stacks: [prod], "))).toMatch(/removal-of-declared/);
    expect(problems("stacks: [prod, staging]", removal(""))).toMatch(/removal-of-declared/);
    const model = whole("stacks: [prod]", removal("stacks: [dev], "));
    expect([modelFor(model, "dev"), modelFor(model, "prod")].map(({ domains }) => domains[0]?.removals.length)).toEqual(
      [1, 0],
    );
  });
});

describe("what is said of environments is refused", () => {
  it.each<[string, string, RegExp]>([
    [
      "where there is none of the name",
      "overrides:\n  stagin: {retention: 1d}",
      /^10:7 unknown-stack order-events: there is no stack "stagin" → did you mean "staging"\?$/,
    ],
    [
      "where a topic is only in one that is not there",
      "stacks: [prod, stageing]",
      /^9:20 unknown-stack .*"stageing" → did you mean "staging"\?$/,
    ],
    ["twice", "stacks: [prod, prod]", /^9:20 invalid-value .*listed twice/],
    [
      "where the topic is not",
      "stacks: [prod]\noverrides:\n  dev: {retention: 1d}",
      /setting-without-effect .*overrides name the stack dev, which does not have the topic/,
    ],
    ["when nothing is other", "overrides:\n  dev: {}", /nothing is other here/],
    ["when it changes what records mean", "overrides:\n  dev: {key: customerId}", /unknown-key .*key/],
    ["when it changes how they are cleaned up", "overrides:\n  dev: {cleanup: compact}", /unknown-key .*cleanup/],
    [
      "outside a setting's limits",
      "overrides:\n  dev: {retention: 7}",
      /overrides\.dev\.retention: expected a duration with a unit/,
    ],
    ["when it is nowhere", "stacks: []", /stacks/],
  ])("%s", (_what, settings, problem) => {
    expect(problems(settings)).toMatch(problem);
  });

  it("in the environment itself, where it contradicts the rest", () => {
    const settings = "segmentAge: 2d\noverrides:\n  dev: {retention: 1d}";
    expect(problems(settings)).toBe("");
    expect(problems(settings, "", "dev")).toMatch(/segment-unfit .*closed after 2d, records expire after 1d/);
  });

  it("where consumers would stay idle, unless the stack says how many there are", () => {
    const settings = "overrides:\n  dev: {partitions: 3}";
    expect(problems(settings)).toBe("");
    expect(problems(settings, "", "dev")).toMatch(
      /too-many-instances payment-service has 10 instances on the 3 partitions that order-events has in this environment: 7 would stay idle/,
    );
    expect(problems(settings, "", "dev", "    services: {payment-service: {replicas: 3}}\n")).toBe("");
  });
});
