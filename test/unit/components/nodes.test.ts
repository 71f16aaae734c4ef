import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterNodes } from "../../../components/kafka/nodes.ts";

describe("clusterNodes", () => {
  it("gives the reference cluster Strimzi's id ranges, one per zone", () => {
    const nodes = clusterNodes({ zones: ["zone-a", "zone-b", "zone-c"], brokersPerZone: 3, controllers: 3 });
    expect(nodes.map((node) => `${node.name} ${node.zone}`)).toEqual([
      "kafka-controller-900 zone-a",
      "kafka-controller-901 zone-b",
      "kafka-controller-902 zone-c",
      "kafka-broker-0 zone-a",
      "kafka-broker-1 zone-a",
      "kafka-broker-2 zone-a",
      "kafka-broker-100 zone-b",
      "kafka-broker-101 zone-b",
      "kafka-broker-102 zone-b",
      "kafka-broker-200 zone-c",
      "kafka-broker-201 zone-c",
      "kafka-broker-202 zone-c",
    ]);
  });

  it("keeps every broker's id when a zone grows", () => {
    const size = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(size, (brokersPerZone) => {
        const shape = { zones: ["a", "b", "c"], controllers: 3 };
        const before = clusterNodes({ ...shape, brokersPerZone }).map((node) => `${node.id}@${node.zone}`);
        const after = clusterNodes({ ...shape, brokersPerZone: brokersPerZone + 1 }).map(
          (node) => `${node.id}@${node.zone}`,
        );
        expect(after).toEqual(expect.arrayContaining(before));
        expect(new Set(after).size).toBe(after.length);
      }),
    );
  });
});
