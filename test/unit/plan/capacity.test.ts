import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BrokerResource, type Capacity, capacityOf } from "../../../components/plan/capacity/capacity.ts";
import { platformState } from "../../../components/plan/diff/state.ts";
import { modelOf, type SampleTopic, sampleTopics, stackWith } from "./sample-models.ts";

const capacity = (topics: readonly SampleTopic[], settings: object): Capacity =>
  capacityOf(platformState(modelOf(topics), stackWith(settings), "prod"));

/** A cluster of the given size, with the replication that it can hold. */
const cluster = (zones: number, brokersPerZone: number): object => ({
  kafka: { zones: ["a", "b", "c"].slice(0, zones), brokersPerZone },
  topics: {
    replicationFactor: Math.min(3, zones * brokersPerZone),
    minInsyncReplicas: zones * brokersPerZone < 3 ? 1 : 2,
  },
});
const clusters = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }));

/** Each run reads and plans a whole project. */
const runs = { numRuns: 40 };

const figureOf = ({ perBroker }: Capacity, resource: BrokerResource) =>
  perBroker.find((figure) => figure.resource === resource);

describe("the capacity of one topic, by hand", () => {
  // 12 partitions with 3 replicas; no producer states its rate, so 1 MiB/s on each of 9 brokers is the most it writes.
  const MiB = 1_048_576;
  const topic: SampleTopic = {
    name: "t-one",
    partitions: 12,
    events: 1,
    retention: "1h",
    producers: [{ service: "ant", quota: "1MiB/s" }],
    consumers: [{ service: "bee", events: 1, instances: 1, quota: "10MiB/s" }],
  };
  const found = capacity([topic], { ...cluster(3, 3), budgets: { "team-first": { partitions: 100 } } });

  it("counts brokers and zones, and what each zone holds of all replicas", () => {
    expect(found).toMatchObject({ brokers: 9, zones: 3, stoppedByZoneLoss: [] });
    expect(found.perZone.replicas).toBe(found.replicas / 3);
  });

  it("copies each byte to the other replicas and sends it to each consumer", () => {
    // In: 9 MiB/s x 3 replicas. Out: 9 MiB/s x (1 consumer + 2 replicas). Each over 9 brokers, or 6 with 2 replicas.
    expect(figureOf(found, "network-in")).toMatchObject({ value: 3 * MiB, afterZoneLoss: 3 * MiB, basis: "ceiling" });
    expect(figureOf(found, "network-out")).toMatchObject({ value: 3 * MiB, afterZoneLoss: 3 * MiB });
  });

  it("knows nothing for certain while no producer states its rate", () => {
    expect(figureOf(found, "network-in")?.known).toBe(0);
  });

  it("shows a team's use beside its budget", () => {
    const teams = [{ team: "team-second", partitions: 12, rate: 9 * MiB, basis: "ceiling" }];
    expect(found.teams.filter(({ partitions }) => partitions > 0)).toEqual(teams);
    expect(found.teams).toContainEqual({
      team: "team-first",
      partitions: 0,
      rate: 0,
      basis: "declared",
      partitionBudget: 100,
    });
  });
});

describe("the capacity of any project", () => {
  it("sums what the plan holds, with every declared topic in one team", () => {
    fc.assert(
      fc.property(sampleTopics, clusters, (topics, [zones, brokersPerZone]) => {
        const state = platformState(modelOf(topics), stackWith(cluster(zones, brokersPerZone)), "prod");
        const found = capacityOf(state);
        const sum = (of: (topic: (typeof state.plan.topics)[number]) => number): number =>
          state.plan.topics.reduce((total, topic) => total + of(topic), 0);
        expect(found.partitions).toBe(sum(({ partitions }) => partitions));
        expect(found.replicas).toBe(sum(({ partitions, replicationFactor }) => partitions * replicationFactor));
        const ofTeams = found.teams.reduce((total, { partitions }) => total + partitions, 0);
        expect(ofTeams).toBe(sum(({ kind, partitions }) => (kind === "event" ? partitions : 0)));
      }),
      runs,
    );
  });

  it("never asks less of a broker after one more topic", () => {
    fc.assert(
      fc.property(
        sampleTopics.filter((topics) => topics.length > 1),
        clusters,
        (topics, [zones, brokersPerZone]) => {
          const more = capacity(topics, cluster(zones, brokersPerZone));
          const less = capacity(topics.slice(1), cluster(zones, brokersPerZone));
          for (const { resource, value, afterZoneLoss = 0 } of less.perBroker) {
            // Quotas cap the network, and a new topic changes by how many copies: only what is not capped is monotone.
            if (resource !== "partitions" && resource !== "disk") continue;
            const figure = figureOf(more, resource);
            expect(figure?.value, resource).toBeGreaterThanOrEqual(value);
            expect(figure?.afterZoneLoss ?? 0, resource).toBeGreaterThanOrEqual(afterZoneLoss);
          }
        },
      ),
      runs,
    );
  });

  it("has figures for the loss of a zone exactly where there is more than one", () => {
    fc.assert(
      fc.property(sampleTopics, clusters, (topics, [zones, brokersPerZone]) => {
        for (const figure of capacity(topics, cluster(zones, brokersPerZone)).perBroker) {
          expect(figure.afterZoneLoss !== undefined, figure.resource).toBe(zones > 1);
          expect(Number.isFinite(figure.afterZoneLoss ?? 0), figure.resource).toBe(true);
          expect(figure.known ?? 0).toBeLessThanOrEqual(figure.value);
        }
      }),
      runs,
    );
  });
});
