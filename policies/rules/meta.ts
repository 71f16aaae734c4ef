import { type Rule, rule } from "../rule.ts";

/** Rules on rule settings and exceptions. They can't be adjusted and allow no exceptions. */
export const metaRules: readonly Rule[] = [
  rule({
    id: "unknown-rule",
    subject: "exceptions",
    level: "error",
    summary: "A setting or an exception names an existing rule.",
    rationale: "A misspelt name would silently have no effect.",
    refusal: true,
    wrong: { stack: "policies: {partition-counts: off}" },
    right: { stack: "policies: {partition-count: off}" },
    checks: () => ({}),
  }),
  rule({
    id: "rule-not-adjustable",
    subject: "exceptions",
    level: "error",
    summary: "Rules on unreadable files and rules on exceptions have no settings and no exceptions.",
    rationale: "Unreadable files cannot be judged, and exceptions must end.",
    refusal: true,
    wrong: { stack: "policies: {yaml-syntax: off}" },
    right: { stack: "policies: {partition-count: off}" },
    checks: () => ({}),
  }),
  rule({
    id: "exception-expired",
    subject: "exceptions",
    level: "error",
    summary: "An exception ends on its last day.",
    rationale: "An exception without an end silently changes the rule.",
    refusal: true,
    wrong: {
      exceptions:
        "- {rule: partition-count, object: order-events, reason: Moved to a new topic this year., owner: checkout, expires: 2020-01-31}",
    },
    right: {
      exceptions:
        "- {rule: partition-count, object: order-events, reason: Moved to a new topic this year., owner: checkout, expires: 2027-01-31}",
      topic: "partitions: 1200",
    },
    checks: () => ({}),
  }),
  rule({
    id: "exception-too-long",
    subject: "exceptions",
    level: "error",
    summary: "An exception ends within 180 days.",
    rationale: "A team that needs it longer renews it, under the rules of that day.",
    refusal: true,
    wrong: {
      exceptions:
        "- {rule: partition-count, object: order-events, reason: Moved to a new topic this year., owner: checkout, expires: 2099-01-31}",
    },
    right: {
      exceptions:
        "- {rule: partition-count, object: order-events, reason: Moved to a new topic this year., owner: checkout, expires: 2027-01-31}",
      topic: "partitions: 1200",
    },
    checks: () => ({}),
  }),
  rule({
    id: "change-refused",
    subject: "lifecycle",
    level: "error",
    summary: "A change is not one that `kit diff` refuses.",
    rationale:
      "It would lose records, break consumers, or leave a state that cannot be applied. The rule applies only with `--base`; see docs/guide/changes.md.",
    refusal: true,
    wrong: { prose: "a topic deleted that was not deprecated before, compared with --base" },
    right: { topic: "deprecated: {since: 2026-11-20, reason: Replaced by order-facts.}" },
    checks: () => ({}),
  }),
  rule({
    id: "exception-unused",
    subject: "exceptions",
    level: "warning",
    summary: "An exception is used.",
    rationale: "An unused exception hides the next breach of the same rule.",
    refusal: true,
    wrong: {
      exceptions:
        "- {rule: partition-count, object: order-events, reason: Moved to a new topic this year., owner: checkout, expires: 2027-01-31}",
    },
    right: {
      exceptions:
        "- {rule: partition-count, object: order-events, reason: Moved to a new topic this year., owner: checkout, expires: 2027-01-31}",
      topic: "partitions: 1200",
    },
    checks: () => ({}),
  }),
];
