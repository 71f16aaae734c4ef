import { describe, expect, it } from "vitest";
import { expectRead } from "../../../components/model/read.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { goodDomain, projectWith } from "./project-files.ts";

const deprecated = (fields: string): string =>
  goodDomain.replace("    key: orderId\n", `    key: orderId\n    deprecated: {${fields}}\n`);
const rules = (text: string): string[] => {
  const reading = readTopics(projectWith(text));
  return reading.ok ? [] : reading.problems.map((problem) => `${problem.rule} ${problem.line}:${problem.column}`);
};

describe("a topic on its way out", () => {
  it("carries since when, why, and from when it may go", () => {
    const model = expectRead(
      readTopics(projectWith(deprecated('since: 2026-11-01, reason: "replaced by sales-events", removal: 2027-02-28'))),
    );
    expect(model.domains[0]?.topics[0]?.deprecated).toEqual({
      since: "2026-11-01",
      reason: "replaced by sales-events",
      removal: "2027-02-28",
    });
  });

  it.each([
    ["a day that is none", 'since: 2026-02-30, reason: "replaced by sales-events"', ["invalid-value 10:25"]],
    [
      "a time instead of a day",
      'since: 2026-02-03T10:00:00Z, reason: "replaced by sales-events"',
      ["invalid-value 10:25"],
    ],
    ["a reason that says nothing", "since: 2026-02-03, reason: old", ["invalid-value 10:45"]],
    ["no reason", "since: 2026-02-03", ["missing-key 10:5"]],
  ])("is refused with %s", (_, fields, expected) => {
    expect(rules(deprecated(fields))).toEqual(expected);
  });

  it("is removed with an entry of its own", () => {
    const model = expectRead(
      readTopics(
        projectWith(
          `${goodDomain}removals:\n  - {topic: old-events, reason: no service reads it since spring, date: 2026-11-25}\n`,
        ),
      ),
    );
    expect(model.domains[0]?.removals).toEqual([
      {
        topic: "old-events",
        reason: "no service reads it since spring",
        date: "2026-11-25",
        source: { file: "topics/order.yaml", line: 18, column: 5 },
      },
    ]);
  });

  it("is not both declared and removed, and removed once", () => {
    const entry = (topic: string): string =>
      `  - {topic: ${topic}, reason: no service reads it since spring, date: 2026-11-25}\n`;
    expect(rules(`${goodDomain}removals:\n${entry("order-events")}`)).toEqual(["removal-of-declared 18:5"]);
    expect(rules(`${goodDomain}removals:\n${entry("old-events")}${entry("old-events")}`)).toEqual([
      "duplicate-removal 19:13",
    ]);
  });
});
