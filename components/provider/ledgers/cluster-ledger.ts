/**
 * `kit:index:ClusterLedger`: refuses to shrink a cluster in a way that loses or strands data, however the program is
 * run.
 */
import { z } from "zod";
import { refusedClusterChanges } from "../../plan/cluster-guard.ts";
import { inputChanges } from "../property-diff.ts";
import type { ResourceKind } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";

const count = z.int("must be a whole number").min(1, "must be 1 or more");
const schema = z.object({
  cluster: z.string(),
  zones: z.array(z.string()).min(1),
  brokersPerZone: count,
  controllers: count,
  replicationFactor: count,
  brokerVolumes: z.array(count).min(1),
  controllerVolume: count,
  brokerStorageClass: z.string(),
  controllerStorageClass: z.string(),
  metadataVersion: z.string(),
  rebalances: z.boolean(),
});

/** `kit:index:ClusterLedger`. */
export const clusterLedgerKind: ResourceKind = {
  computedOutputs: [],
  async check({ news, olds }) {
    const failures = failuresOf(schema, news);
    const before = schema.safeParse(olds);
    const after = schema.safeParse(news);
    return before.success && after.success
      ? [...failures, ...refusedClusterChanges(before.data, after.data)]
      : failures;
  },
  async diff({ olds, news }) {
    return { changes: inputChanges(olds, news) };
  },
  async create() {
    return { id: "cluster", computed: {} };
  },
  async read() {
    return {};
  },
  async update() {
    return {};
  },
  async delete() {},
};
