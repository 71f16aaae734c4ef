import { type Rule, rule } from "../rule.ts";

/** Rules on the settings of rules and on exceptions from them. They can't be adjusted, and have no exceptions. */
export const metaRules: readonly Rule[] = [
  rule({
    id: "unknown-rule",
    subject: "exceptions",
    level: "error",
    summary: "A setting or an exception names a rule of the catalogue.",
    rationale: "A misspelt rule would silently stay as it was.",
    refusal: true,
    wrong: { stack: "policies: {partition-counts: off}" },
    right: { stack: "policies: {partition-count: off}" },
    checks: () => ({}),
  }),
  rule({
    id: "rule-not-adjustable",
    subject: "exceptions",
    level: "error",
    summary: "What makes files unreadable, and the rules on exceptions, can't be set or excepted.",
    rationale: "Without them there is nothing to judge, or nothing that ends an exception.",
    refusal: true,
    wrong: { stack: "policies: {yaml-syntax: off}" },
    right: { stack: "policies: {partition-count: off}" },
    checks: () => ({}),
  }),
  rule({
    id: "exception-expired",
    subject: "exceptions",
    level: "error",
    summary: "An exception ends on its day.",
    rationale: "An exception without an end is a rule that nobody decided on.",
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
    rationale: "A team that needs it longer asks again, and is judged by the rules of that day.",
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
    summary: "A change does nothing that `kit diff` refuses.",
    rationale:
      "It would lose records, break consumers, or leave something behind that cannot be applied. It is judged with `--base` only; docs/guide/changes.md says how.",
    refusal: true,
    wrong: { prose: "a topic deleted that was not deprecated before, compared with --base" },
    right: { topic: "deprecated: {since: 2026-11-20, reason: Replaced by order-facts.}" },
    checks: () => ({}),
  }),
  rule({
    id: "exception-unused",
    subject: "exceptions",
    level: "warning",
    summary: "An exception excepts something.",
    rationale: "What is left over hides the next breach of the same rule.",
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
