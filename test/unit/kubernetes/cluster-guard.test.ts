import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClusterFootprint, refusedClusterChanges } from "../../../components/plan/cluster-guard.ts";
import { clusterLedgerKind } from "../../../components/provider/ledgers/cluster-ledger.ts";

const GIB = 2 ** 30;
const prod: ClusterFootprint = {
  cluster: "kafka/kafka",
  zones: ["zone-a", "zone-b", "zone-c"],
  brokersPerZone: 3,
  controllers: 3,
  replicationFactor: 3,
  brokerVolumes: [1024 * GIB, 1024 * GIB],
  controllerVolume: 20 * GIB,
  brokerStorageClass: "kafka-ssd",
  controllerStorageClass: "kafka-ssd",
  metadataVersion: "4.3-IV0",
  rebalances: true,
};

const refused: readonly (readonly [
  what: string,
  before: Partial<ClusterFootprint>,
  after: Partial<ClusterFootprint>,
  property: keyof ClusterFootprint,
  reason: RegExp,
])[] = [
  [
    "a zone taken away",
    {},
    { zones: ["zone-a", "zone-b"] },
    "zones",
    /zone zone-c would go with 3 brokers.*list zone-a, zone-b, zone-c first/,
  ],
  ["a zone replaced", {}, { zones: ["zone-a", "zone-d", "zone-c"] }, "zones", /zone zone-b would go/],
  ["zones in another order", {}, { zones: ["zone-b", "zone-a", "zone-c"] }, "zones", /renumbered/],
  ["a zone put between", {}, { zones: ["zone-a", "zone-d", "zone-b", "zone-c"] }, "zones", /renumbered/],
  [
    "fewer brokers than replicas",
    { zones: ["zone-a"] },
    { zones: ["zone-a"], brokersPerZone: 2 },
    "brokersPerZone",
    /from 3 to 2, 2 altogether.*up to 3 replicas.*keep at least 3 brokers/,
  ],
  [
    "fewer brokers that nothing empties",
    { rebalances: false },
    { rebalances: false, brokersPerZone: 2 },
    "brokersPerZone",
    /cruiseControl: true/,
  ],
  [
    "fewer brokers together with the end of balancing",
    {},
    { rebalances: false, brokersPerZone: 2 },
    "brokersPerZone",
    /Cruise Control/,
  ],
  ["more controllers", {}, { controllers: 5 }, "controllers", /from 3 to 5.*back to 3/],
  [
    "a smaller disk",
    {},
    { brokerVolumes: [1024 * GIB, 512 * GIB] },
    "brokerVolumes",
    /volume 1 of each broker would shrink from 1TiB to 512GiB/,
  ],
  [
    "a disk taken away",
    {},
    { brokerVolumes: [1024 * GIB] },
    "brokerVolumes",
    /volume 1 of each broker \(1TiB\) would be taken away/,
  ],
  ["a smaller disk of the controllers", {}, { controllerVolume: 10 * GIB }, "controllerVolume", /from 20GiB to 10GiB/],
  [
    "another storage class",
    {},
    { brokerStorageClass: "" },
    "brokerStorageClass",
    /from kafka-ssd to the cluster's default/,
  ],
  ["older metadata", {}, { metadataVersion: "4.2-IV1" }, "metadataVersion", /from 4\.3-IV0 back to 4\.2-IV1/],
  ["another name", {}, { cluster: "kafka/orders" }, "cluster", /new, empty cluster/],
];

const allowed: readonly (readonly [what: string, after: Partial<ClusterFootprint>])[] = [
  ["nothing changed", {}],
  ["a zone added at the end", { zones: [...prod.zones, "zone-d"] }],
  ["more brokers", { brokersPerZone: 5 }],
  ["fewer brokers, enough for every replica, emptied first", { brokersPerZone: 2 }],
  ["larger disks", { brokerVolumes: [2048 * GIB, 1024 * GIB] }],
  ["one more disk", { brokerVolumes: [...prod.brokerVolumes, GIB] }],
  ["the end of balancing alone", { rebalances: false }],
];

describe("changes of a cluster's size", () => {
  it.each(refused)("refuses %s", (_what, before, after, property, reason) => {
    const changes = refusedClusterChanges({ ...prod, ...before }, { ...prod, ...after });
    expect(changes.map((change) => change.property)).toContain(property);
    const text = changes.find((change) => change.property === property)?.reason ?? "";
    expect(text).toMatch(reason);
    expect(text).toContain("Nothing was touched. To fix it: ");
  });

  it.each(allowed)("allows: %s", (_what, after) => {
    expect(refusedClusterChanges(prod, { ...prod, ...after })).toEqual([]);
  });

  it("growing in every direction at once is always allowed, and taking it back never is", () => {
    const growth = fc.record({
      zones: fc.integer({ min: 0, max: 3 }),
      brokers: fc.integer({ min: 0, max: 5 }),
      volumes: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 2 }),
      more: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(growth, ({ zones, brokers, volumes, more }) => {
        const larger: ClusterFootprint = {
          ...prod,
          zones: [...prod.zones, ...["d", "e", "f"].slice(0, zones)],
          brokersPerZone: prod.brokersPerZone + brokers,
          brokerVolumes: [
            ...prod.brokerVolumes.map((size, index) => size + (volumes[index] ?? 0) * GIB),
            ...more.map((size) => size * GIB),
          ],
        };
        expect(refusedClusterChanges(prod, larger)).toEqual([]);
        const moved = zones + more.length + Math.max(...volumes) > 0;
        if (moved) expect(refusedClusterChanges(larger, prod).length).toBeGreaterThan(0);
      }),
    );
  });

  it("stop the engine at the check, with the property named, and only where there is a before", async () => {
    const note = () => {};
    const values = (footprint: ClusterFootprint) => ({
      ...footprint,
      zones: [...footprint.zones],
      brokerVolumes: [...footprint.brokerVolumes],
    });
    const smaller = values({ ...prod, zones: ["zone-a", "zone-b"] });
    expect(await clusterLedgerKind.check({ news: smaller, olds: undefined, note })).toEqual([]);
    expect(await clusterLedgerKind.check({ news: smaller, olds: values(prod), note })).toMatchObject([
      { property: "zones" },
    ]);
  });
});
