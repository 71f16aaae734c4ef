/**
 * `kit:index:TopicLedger`: refuses to reduce partitions, and to remove topics without a permission, however the program
 * is run.
 */
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

/**
 * Returns a check failure for each topic whose number of partitions would be reduced, ordered by name. It names the
 * factor that causes the reduction. Pure.
 */
export function loweredPartitions(before: Topics, after: Topics, factor?: LoweredFactor): CheckFailure[] {
  return partitionDecreases(countsOf(before), countsOf(after), factor).map((lowered) => ({
    property: `topics["${lowered.topic}"].partitions`,
    reason: `${describeLowered(lowered)} Nothing was touched. To fix it: ${insteadOfLowering(lowered)}.`,
  }));
}

/**
 * Returns a check failure for each removed declared topic that is not among the permitted removals, ordered by name.
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
    // Permissions apply to one run, and the factor shows in the counts. Neither is part of what the platform contains.
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
