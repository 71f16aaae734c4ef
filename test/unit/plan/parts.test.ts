import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { scalePartitions } from "../../../components/model/topics/partitions.ts";
import { describeLowered, insteadOfLowering, loweredPartitions } from "../../../components/plan/partition-guard.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { modelOf, type SampleTopic, stackWith } from "./sample-models.ts";

const topic = (more: Partial<SampleTopic> = {}): SampleTopic => ({
  name: "t-one",
  partitions: 30,
  events: 1,
  producers: [],
  consumers: [],
  ...more,
});

describe("partitions in a smaller environment", () => {
  test.each([
    [30, 1, 30],
    [30, 0.1, 3],
    [30, 0.5, 15],
    [12, 0.1, 2],
    [1, 0.01, 1],
    [6, 0.7, 5],
    [3, 2, 6],
  ])("%d × %d is %d", (declared, factor, partitions) => expect(scalePartitions(declared, factor)).toBe(partitions));

  it("never falls with the declared number or the factor, and is at least 1", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0.001, max: 10, noNaN: true }),
        (declared, factor) => {
          expect(scalePartitions(declared, factor)).toBeGreaterThanOrEqual(1);
          expect(scalePartitions(declared + 1, factor)).toBeGreaterThanOrEqual(scalePartitions(declared, factor));
        },
      ),
    );
  });
});

describe("replication", () => {
  test.each([
    ["the stack's", {}, 3, "2"],
    [
      "one replica where the stack says so",
      {
        kafka: { zones: ["zone-a"], brokersPerZone: 1, controllers: 1 },
        topics: { replicationFactor: 1, minInsyncReplicas: 1 },
      },
      1,
      "1",
    ],
  ])("is %s", (_title, settings, factor, minInsync) => {
    const planned = planPlatform(
      modelOf([topic({ consumers: [{ service: "bee", events: 1, instances: 1 }] })]),
      stackWith(settings),
    ).topics;
    expect(planned.map((each) => each.name)).toEqual([
      "bee.dlt",
      "kafkasql-journal",
      "kafkasql-snapshots",
      "registry-events",
      "t-one",
    ]);
    for (const each of planned) {
      expect(each.replicationFactor).toBe(factor);
      expect(each.config["min.insync.replicas"]).toBe(minInsync);
    }
  });
});

describe("quotas", () => {
  it("add up over a service's topics, and default where none is declared", () => {
    const quotas = planPlatform(
      modelOf([
        topic({
          producers: [{ service: "ant", quota: "10MiB/s" }, { service: "dog" }],
          consumers: [
            { service: "bee", events: 1, instances: 1, quota: "10MiB/s" },
            { service: "cat", events: 1, instances: 1 },
          ],
        }),
        topic({
          name: "t-two",
          producers: [{ service: "ant", quota: "1MiB/s" }],
          consumers: [{ service: "bee", events: 1, instances: 1, quota: "1MiB/s" }],
        }),
      ]),
      stackWith({ quotas: { producer: "3MiB/s", consumer: "4MiB/s" } }),
    ).quotas;
    const MiB = 2 ** 20;
    expect(quotas).toEqual([
      { principal: "ant", producerByteRate: 11 * MiB },
      { principal: "bee", producerByteRate: 3 * MiB, consumerByteRate: 11 * MiB },
      { principal: "cat", producerByteRate: 3 * MiB, consumerByteRate: 4 * MiB },
      { principal: "dog", producerByteRate: 3 * MiB },
    ]);
  });
});

describe("contracts", () => {
  const model = modelOf([
    topic({
      events: 2,
      producers: [{ service: "ant" }],
      consumers: [{ service: "bee", events: 1, instances: 7, retry: ["10s", "5m"] }],
    }),
    topic({ name: "t-two", consumers: [{ service: "bee", events: 1, instances: 9 }] }),
  ]);

  it("hold all a service needs to know", () => {
    const [ant, bee] = planPlatform(model, stackWith()).contracts;
    expect(ant).toEqual({
      service: "ant",
      instances: 1,
      consumes: [],
      retryTopics: [],
      publishes: [0, 1].map((index) => ({
        event: `t.one.e${index}`,
        topic: "t-one",
        subject: `t-one-com.example.t_one_${index}`,
        record: `com.example.t_one_${index}`,
        schema: `t-one-${index}.avsc`,
      })),
    });
    expect(bee).toEqual({
      service: "bee",
      group: "bee",
      deadLetterTopic: "bee.dlt",
      instances: 9,
      consumes: ["one", "two"].map((name) => ({
        topic: `t-${name}`,
        events: [{ event: `t.${name}.e0`, record: `com.example.t_${name}_0`, schema: `t-${name}-0.avsc` }],
      })),
      retryTopics: [
        { topic: "bee.retry-10s", delayMs: 10_000 },
        { topic: "bee.retry-5m", delayMs: 300_000 },
      ],
      publishes: [],
    });
  });

  it("take the number of instances from the environment where it is set", () => {
    expect(planPlatform(model, stackWith({ services: { bee: { replicas: 2 } } })).contracts[1]?.instances).toBe(2);
  });
});

describe("the partition guard", () => {
  it("lists what is lowered, in order, and nothing that is raised, new or removed", () => {
    expect(
      loweredPartitions({ b: 30, a: 6, same: 3, raised: 3, removed: 9 }, { a: 3, b: 12, same: 3, raised: 4, added: 1 }),
    ).toEqual([
      { topic: "a", before: 6, after: 3 },
      { topic: "b", before: 30, after: 12 },
    ]);
  });
  it("is not misled by names that every object has", () => {
    expect(loweredPartitions({ constructor: 3 }, {})).toEqual([]);
  });
  it("says what would be lost and what to type", () => {
    const lowered = { topic: "order-events", before: 30, after: 12 };
    expect(describeLowered(lowered)).toMatch(/order-events has 30 partitions.*lowered to 12.*deleted and recreated/);
    expect(insteadOfLowering(lowered)).toMatch(/^set partitions of order-events back to 30/);
    expect(insteadOfLowering({ ...lowered, factor: { before: 1, after: 0.4 } })).toMatch(
      /^set topics\.partitionFactor in the stack's file back to 1, it is 0\.4 now/,
    );
  });
});
