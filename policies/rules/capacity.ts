import * as z from "zod";
import { compareText } from "../../components/model/problems/problem.ts";
import { brokerCount } from "../../components/model/stack/stack.ts";
import { type Breach, type Rule, rule, ruleWith } from "../rule.ts";

/** Rules on the capacity of a cluster and the budget of a team. */
export const capacityRules: readonly Rule[] = [
  ruleWith({
    id: "team-partition-budget",
    subject: "capacity",
    level: "error",
    summary: "A team's topics stay within its partition budget.",
    rationale:
      "Partitions cost shared memory and recovery time. The stack's `budgets` set the number for each team; `default` applies to teams without an entry.",
    parameters: z.strictObject({ default: z.int().min(1).optional() }),
    wrong: { stack: "budgets: {checkout: {partitions: 5}}" },
    right: { stack: "budgets: {checkout: {partitions: 100}}" },
    checks: ({ default: fallback }) => ({
      declaration({ plan }, { stack }) {
        const byTeam = Map.groupBy(
          plan.topics.filter(({ kind }) => kind !== "registry"),
          ({ owner }) => owner,
        );
        return [...byTeam]
          .sort(([a], [b]) => compareText(a, b))
          .flatMap(([team, topics]): Breach[] => {
            const budget =
              (Object.hasOwn(stack.budgets, team) ? stack.budgets[team]?.partitions : undefined) ?? fallback;
            const used = topics.reduce((sum, { partitions }) => sum + partitions, 0);
            const largest = topics.reduce((a, b) => (b.partitions > a.partitions ? b : a));
            return budget === undefined || used <= budget
              ? []
              : [
                  {
                    message: `the team ${team} uses ${used} partitions, including dead-letter and retry topics; its budget is ${budget}`,
                    fix: `lower partitions (the largest topic is ${largest.name} with ${largest.partitions}), or ask for a larger budget in the stack's file`,
                    object: team,
                    at: largest.source,
                  },
                ];
          });
      },
    }),
  }),
  rule({
    id: "partitions-per-broker",
    subject: "capacity",
    level: "error",
    summary: "No broker has more partition replicas than its limit.",
    rationale:
      "Beyond the limit a restart takes minutes, and the loss of a zone moves its share to the other brokers. The limit is the stack's `capacity.partitionsPerBroker`.",
    wrong: { stack: "capacity: {partitionsPerBroker: 10}" },
    right: { stack: "capacity: {partitionsPerBroker: 4000}" },
    checks: () => ({
      cluster({ topics }, { stack }) {
        const copies = topics.reduce(
          (sum, { partitions, replicationFactor }) => sum + (partitions ?? 0) * (replicationFactor ?? 1),
          0,
        );
        const brokers = brokerCount(stack);
        const each = Math.ceil(copies / brokers);
        const limit = stack.capacity.partitionsPerBroker;
        const [largest] = [...topics].sort(
          (a, b) => (b.partitions ?? 0) - (a.partitions ?? 0) || compareText(a.name, b.name),
        );
        if (each <= limit || largest === undefined) return undefined;
        return {
          message: `${copies} partition replicas on ${brokers} brokers are ${each} per broker; the limit is ${limit}`,
          fix: "add brokers, or lower the number of partitions",
          object: "cluster",
          at: largest.source,
        };
      },
    }),
  }),
];
