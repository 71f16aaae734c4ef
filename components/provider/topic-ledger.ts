/** `kit:index:TopicLedger`: refuses to lower partitions, whoever runs the program. */
import { z } from "zod";
import { describeLowered, insteadOfLowering, loweredPartitions as partitionDecreases } from "../plan/partition-guard.ts";
import { inputChanges } from "./property-diff.ts";
import type { CheckFailure, ResourceKind } from "./resource-kind.ts";
import { failuresOf } from "./validation.ts";

const schema = z.object({
  topics: z.record(z.string(), z.object({ partitions: z.int("must be a whole number").min(1, "must be 1 or more") })),
});
type Topics = z.infer<typeof schema>["topics"];

/** A check failure for each topic whose partition count would be lowered, in order of their names. Pure. */
export function loweredPartitions(before: Topics, after: Topics): CheckFailure[] {
  return partitionDecreases(countsOf(before), countsOf(after)).map((lowered) => ({
    property: `topics["${lowered.topic}"].partitions`,
    reason: `${describeLowered(lowered)} Nothing was touched. To fix it: ${insteadOfLowering(lowered)}.`,
  }));
}

function countsOf(topics: Topics): Record<string, number> {
  return Object.fromEntries(Object.entries(topics).map(([name, { partitions }]) => [name, partitions]));
}

/** `kit:index:TopicLedger`. */
export const topicLedgerKind: ResourceKind = {
  computedOutputs: [],
  async check({ news, olds }) {
    const failures = failuresOf(schema, news);
    const before = schema.safeParse(olds);
    const after = schema.safeParse(news);
    return before.success && after.success ? [...failures, ...loweredPartitions(before.data.topics, after.data.topics)] : failures;
  },
  async diff({ olds, news }) {
    return { changes: inputChanges(olds, news) };
  },
  async create() {
    return { id: "topics", computed: {} };
  },
  async read() {
    return {};
  },
  async update() {
    return {};
  },
  async delete() {},
};
