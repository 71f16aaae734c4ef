import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countByClass, findDrift } from "../../../components/plan/drift.ts";
import type { LivePlatform, LiveTopic } from "../../../components/plan/live.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { topicConfigKeys } from "../../../components/plan/topics.ts";
import type { PlatformPlan } from "../../../components/plan/types.ts";
import { modelOf, sampleTopics, stackWith } from "./sample-models.ts";

/** A cluster that holds exactly what a plan says. */
function liveOf(plan: PlatformPlan): LivePlatform {
  return {
    topics: plan.topics.map(({ name, partitions, replicationFactor, config }) => ({
      name,
      partitions,
      replicas: { least: replicationFactor, most: replicationFactor },
      config,
      inherited: {},
    })),
    acls: plan.acls.map(({ principal, operation, resourceType, resourceName, pattern }) => ({
      principal: `User:${principal}`,
      host: "*",
      operation,
      permission: "Allow",
      resourceType,
      resourceName,
      pattern,
    })),
    quotas: plan.quotas.map(({ principal, producerByteRate, consumerByteRate }) => ({
      entity: { user: principal },
      values: {
        ...(producerByteRate === undefined ? {} : { producer_byte_rate: producerByteRate }),
        ...(consumerByteRate === undefined ? {} : { consumer_byte_rate: consumerByteRate }),
      },
    })),
    users: plan.principals.map(({ name }) => ({
      name,
      credentials: [{ mechanism: "SCRAM-SHA-512", iterations: 4_096 }],
    })),
    subjects: plan.subjects.map(({ name, schema, compatibility }) => ({
      name,
      schema,
      schemaType: "AVRO",
      compatibility,
    })),
  };
}

const plan = planPlatform(
  modelOf([
    {
      name: "t-one",
      partitions: 6,
      events: 1,
      retention: "7d",
      producers: [{ service: "ant", quota: "1MiB/s" }],
      consumers: [{ service: "bee", events: 1, instances: 2 }],
    },
  ]),
  stackWith(),
);
const live = liveOf(plan);
const changed = (name: string, change: (topic: LiveTopic) => LiveTopic): LivePlatform => ({
  ...live,
  topics: live.topics.map((topic) => (topic.name === name ? change(topic) : topic)),
});
const short = (platform: LivePlatform) =>
  findDrift(plan, platform).map(({ class: kind, kind: what, object, field, declared, live: found }) =>
    [kind, what, object, field, declared, found].filter((part) => part !== undefined).join(" | "),
  );

it("asks for every key that a topic is declared with", () => {
  const asked = planPlatform(
    modelOf([
      {
        name: "t-one",
        partitions: 6,
        events: 1,
        retention: "7d",
        producers: [],
        consumers: [{ service: "bee", events: 1, instances: 2, retry: ["10s"] }],
      },
    ]),
    stackWith(),
  );
  for (const { name, config } of asked.topics)
    expect({ name, keys: Object.keys(config).filter((key) => !topicConfigKeys.has(key)) }).toEqual({ name, keys: [] });
});

describe("findDrift", () => {
  it.each<[string, LivePlatform, readonly string[]]>([
    ["nothing", live, []],
    [
      "a value that somebody changed",
      changed("t-one", (topic) => ({ ...topic, config: { ...topic.config, "retention.ms": "3600000" } })),
      ["differs | topic | t-one | retention.ms | 604800000 | 3600000"],
    ],
    [
      "a value that is only inherited, although it is the same",
      changed("t-one", ({ config: { "compression.type": compression = "", ...config }, ...topic }) => ({
        ...topic,
        config,
        inherited: { "compression.type": { value: compression, source: "broker" } },
      })),
      ["differs | topic | t-one | compression.type | lz4 | not set; lz4 from the broker"],
    ],
    [
      "a key that nobody declared",
      changed("t-one", (topic) => ({ ...topic, config: { ...topic.config, "segment.jitter.ms": "60000" } })),
      ["undeclared | topic | t-one | segment.jitter.ms | 60000"],
    ],
    [
      "a segment that somebody keeps open for longer",
      changed("t-one", (topic) => ({ ...topic, config: { ...topic.config, "segment.ms": "604800000" } })),
      ["differs | topic | t-one | segment.ms | 100800000 | 604800000"],
    ],
    [
      "a cleanup policy in another order is the same",
      changed("t-one", (topic) => ({ ...topic, config: { ...topic.config, "cleanup.policy": "delete" } })),
      [],
    ],
    [
      "partitions",
      changed("t-one", (topic) => ({ ...topic, partitions: 8 })),
      ["differs | topic | t-one | partitions | 6 | 8"],
    ],
    [
      "replicas, while they move",
      changed("t-one", (topic) => ({ ...topic, replicas: { least: 2, most: 3 } })),
      ["differs | topic | t-one | replicationFactor | 3 | 2 to 3"],
    ],
    [
      "a topic that is gone",
      { ...live, topics: live.topics.filter(({ name }) => name !== "t-one") },
      ["missing | topic | t-one"],
    ],
    [
      "a topic of somebody else, but none of Kafka's own",
      {
        ...live,
        topics: [
          ...live.topics,
          ...["__consumer_offsets", "theirs"].map(
            (name): LiveTopic => ({
              name,
              partitions: 2,
              replicas: { least: 3, most: 3 },
              config: { "retention.ms": "1" },
              inherited: {},
            }),
          ),
        ],
      },
      ["undeclared | topic | theirs | 2 partitions, 3 replicas"],
    ],
    [
      "rules: one gone, one from another host, one that denies",
      {
        ...live,
        acls: [
          ...live.acls.filter(
            ({ principal, operation, resourceName }) =>
              !(principal === "User:ant" && operation === "Write" && resourceName === "t-one"),
          ),
          {
            principal: "User:ant",
            host: "10.0.0.1",
            operation: "Write",
            permission: "Allow",
            resourceType: "Topic",
            resourceName: "t-one",
            pattern: "Literal",
          },
          {
            principal: "User:bee",
            host: "*",
            operation: "All",
            permission: "Deny",
            resourceType: "Topic",
            resourceName: "t-",
            pattern: "Prefixed",
          },
        ],
      },
      [
        "missing | acl | User:ant may Write Topic t-one",
        "undeclared | acl | User:ant may Write Topic t-one from 10.0.0.1",
        "undeclared | acl | User:bee may not All Topic t-* (prefix)",
      ],
    ],
    [
      "quotas: one changed, one more value, one default for everybody",
      {
        ...live,
        quotas: [
          ...live.quotas.map((quota) =>
            quota.entity.user === "ant"
              ? { ...quota, values: { producer_byte_rate: 1, request_percentage: 50 } }
              : quota,
          ),
          { entity: { user: null }, values: { producer_byte_rate: 5 } },
        ],
      },
      [
        "undeclared | quota | user (default) | producer_byte_rate 5",
        "differs | quota | user ant | producer_byte_rate | 1048576 | 1",
        "undeclared | quota | user ant | request_percentage | 50",
      ],
    ],
    [
      "users: one gone, one weaker, one unknown",
      {
        ...live,
        users: [
          { name: "bee", credentials: [{ mechanism: "SCRAM-SHA-256", iterations: 4_096 }] },
          ...live.users.filter(({ name }) => name !== "ant" && name !== "bee"),
          { name: "eve", credentials: [] },
        ],
      },
      [
        "missing | user | ant",
        "differs | user | bee | credentials | SCRAM-SHA-512, 4096 iterations | SCRAM-SHA-256, 4096 iterations",
        "undeclared | user | eve | ",
      ],
    ],
    [
      "subjects: the level is the registry's default, the schema is another",
      {
        ...live,
        subjects: live.subjects?.map(({ name, schemaType }) => ({ name, schemaType, schema: '"string"' })) ?? [],
      },
      [
        "differs | subject | t-one-com.example.t_one_0 | compatibility | BACKWARD | not set",
        `differs | subject | t-one-com.example.t_one_0 | schema | ${plan.subjects[0]?.schema.length} characters | 8 characters`,
      ],
    ],
  ])("sees %s", (_, platform, expected) => {
    expect(short(platform)).toEqual(expected);
  });

  it("takes a schema as the same whatever its white space and order of keys", () => {
    const subjects =
      live.subjects?.map((subject) => ({
        ...subject,
        schema: JSON.stringify(
          Object.fromEntries(Object.entries(JSON.parse(subject.schema) as object).reverse()),
          null,
          4,
        ),
      })) ?? [];
    expect(findDrift(plan, { ...live, subjects })).toEqual([]);
  });

  it("names owner and place of what is declared", () => {
    const [deviation] = findDrift(plan, { ...live, topics: live.topics.filter(({ name }) => name !== "t-one") });
    expect(deviation).toMatchObject({
      owner: expect.stringMatching(/^team-/u),
      source: { file: expect.stringMatching(/^topics\//u), line: expect.any(Number) },
    });
  });

  it("says nothing about subjects where no registry was asked", () => {
    const { subjects: _, ...withoutRegistry } = live;
    expect(findDrift(plan, withoutRegistry)).toEqual([]);
  });

  it("finds nothing in what it planned itself, and its opposite when the sides are changed over", () => {
    fc.assert(
      fc.property(sampleTopics, sampleTopics, (here, there) => {
        const [a, b] = [planPlatform(modelOf(here), stackWith()), planPlatform(modelOf(there), stackWith())];
        expect(findDrift(a, liveOf(a))).toEqual([]);
        const [forth, back] = [findDrift(a, liveOf(b)), findDrift(b, liveOf(a))];
        expect(countByClass(forth.filter(({ field }) => field === undefined)).missing).toBe(
          countByClass(back.filter(({ field }) => field === undefined)).undeclared,
        );
        expect(forth.filter(({ class: kind }) => kind === "differs").length).toBe(
          back.filter(({ class: kind }) => kind === "differs").length + difference(forth, back),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("does not depend on the order of anything", () => {
    fc.assert(
      fc.property(sampleTopics, sampleTopics, fc.integer(), (here, there, seed) => {
        const declared = planPlatform(modelOf(here), stackWith());
        const found = liveOf(planPlatform(modelOf(there), stackWith()));
        const shuffled = <T>(items: readonly T[]): T[] =>
          items
            .map((item, place) => ({ item, rank: Math.imul(place + 1, seed | 1) }))
            .sort((x, y) => x.rank - y.rank)
            .map(({ item }) => item);
        expect(
          findDrift(declared, {
            topics: shuffled(found.topics),
            acls: shuffled(found.acls),
            quotas: shuffled(found.quotas),
            users: shuffled(found.users),
            subjects: shuffled(found.subjects ?? []),
          }),
        ).toEqual(findDrift(declared, found));
      }),
      { numRuns: 40 },
    );
  });
});

/** A value that one side does not have is `differs` in one direction and `undeclared` in the other. */
function difference(forth: ReturnType<typeof findDrift>, back: ReturnType<typeof findDrift>): number {
  const oneSided = (deviations: ReturnType<typeof findDrift>): number =>
    deviations.filter(({ class: kind, field }) => kind === "undeclared" && field !== undefined).length;
  return oneSided(back) - oneSided(forth);
}
