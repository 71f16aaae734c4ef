import * as z from "zod";
import type { Rule } from "../rule.ts";
import { ruleWith } from "../rule.ts";

/** Rules on the shape of topics. */
export const topicRules: readonly Rule[] = [
  ruleWith({
    id: "partition-count",
    subject: "topics",
    level: "warning",
    summary: "A topic has no fewer and no more partitions than the organisation allows.",
    rationale: "Partitions can't be lowered later, and each costs memory, files and recovery time on every broker that holds a copy.",
    parameters: z.strictObject({ min: z.int().min(1).default(1), max: z.int().min(1).default(120) }),
    wrong: { topic: "partitions: 1200" },
    right: { topic: "partitions: 12" },
    checks: ({ min, max }) => ({
      topic({ kind, partitions }) {
        if (kind !== "event" || partitions === undefined || (partitions >= min && partitions <= max)) return undefined;
        return { message: `${partitions} partitions; allowed are ${min} to ${max}`, fix: `choose a number from ${min} to ${max}` };
      },
    }),
  }),
];
