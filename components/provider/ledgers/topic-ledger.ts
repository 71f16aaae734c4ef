/** `kit:index:TopicLedger`: refuses to lower partitions, and to remove topics without a permission, whichever way the program is run. */
import { z } from "zod";
import { compareText } from "../../model/problems/problem.ts";
import {
  describeLowered,
  insteadOfLowering,
  type LoweredFactor,
  loweredFactor,
  loweredPartitions as partitionDecreases,
} from "../../plan/partition-guard.ts";
import { inputChanges } from "../property-diff.ts";
import type { CheckFailure, ResourceKind } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";

const schema = z.object({
  topics: z.record(
    z.string(),
    z.object({
      partitions: z.int("must be a whole number").min(1, "must be 1 or more"),
      declared: z.boolean("must be true or false").optional(),
    }),
  ),
  partitionFactor: z.number("must be a number").optional(),
  removals: z.array(z.string("must be a name")).optional(),
});
type Topics = z.infer<typeof schema>["topics"];

/** A check failure for each topic whose partition count would be lowered, in order of their names, naming the factor that does it. Pure. */
export function loweredPartitions(before: Topics, after: Topics, factor?: LoweredFactor): CheckFailure[] {
  return partitionDecreases(countsOf(before), countsOf(after), factor).map((lowered) => ({
    property: `topics["${lowered.topic}"].partitions`,
    reason: `${describeLowered(lowered)} Nothing was touched. To fix it: ${insteadOfLowering(lowered)}.`,
  }));
}

/**
 * A check failure for each declared topic that is gone and not among the permitted removals, in order of their names.
 * Derived topics follow their consumers. Pure.
 */
export function unpermittedRemovals(before: Topics, after: Topics, removals: readonly string[]): CheckFailure[] {
  return Object.entries(before)
    .filter(([name, { declared }]) => declared === true && !Object.hasOwn(after, name) && !removals.includes(name))
    .map(([name]) => name)
    .sort(compareText)
    .map((name) => ({
      property: `topics["${name}"]`,
      reason:
        `topic ${name} is no longer declared and would be deleted with all its records. Nothing was touched. ` +
        `To fix it: declare it again; a topic goes in three steps: deprecate it, let its consumers go, then delete it with an entry under removals in its domain's file.`,
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
    if (!before.success || !after.success) return failures;
    const { topics, removals, partitionFactor } = after.data;
    return [
      ...failures,
      ...loweredPartitions(before.data.topics, topics, loweredFactor(before.data.partitionFactor, partitionFactor)),
      ...(removals === undefined ? [] : unpermittedRemovals(before.data.topics, topics, removals)),
    ];
  },
  async diff({ olds, news }) {
    // Permissions are for the moment of a run, and the factor shows in the counts: neither is a part of what the platform holds.
    return { changes: inputChanges(olds, news, { ignored: ["partitionFactor", "removals"] }) };
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
