import { describe, expect, it } from "vitest";
import { expectRead } from "../../../../components/model/read.ts";
import { modelFor } from "../../../../components/model/topics/environment.ts";
import { readTopics } from "../../../../components/model/topics/read-topics.ts";
import type { Model } from "../../../../components/model/types.ts";
import { type Lead, leadsBetween } from "../../../../components/plan/diff/promotion.ts";
import { platformState } from "../../../../components/plan/diff/state.ts";
import { stacksWithOwnTopics, touchedStacks } from "../../../../components/plan/diff/touched-stacks.ts";
import { goodDomain, projectWith } from "../../model/project-files.ts";
import { stackWith } from "../sample-models.ts";

const whole = (settings: string): Model =>
  expectRead(
    readTopics(
      projectWith(
        settings === ""
          ? goodDomain
          : goodDomain.replace(
              "    retention: 7d\n",
              `    retention: 7d\n${settings
                .split("\n")
                .map((line) => `    ${line}`)
                .join("\n")}\n`,
            ),
      ),
    ),
  );
const leads = (settings: string, first = "staging", second = "prod"): Lead[] => {
  const model = whole(settings);
  const [one, other] = [first, second].map((name) => platformState(modelFor(model, name), stackWith(), name));
  if (one === undefined || other === undefined) throw new Error("two states");
  return leadsBetween(one, other, model, "2026-11-25");
};

describe("by what one environment is ahead of another", () => {
  it("is a topic that only it has, with what it takes to promote it", () => {
    expect(leads("stacks: [staging]")).toMatchObject([
      {
        stack: "staging",
        behind: "prod",
        verdict: "approval",
        reviewers: ["checkout"],
        rows: [
          {
            topic: "order-events",
            here: "declared",
            there: "–",
            hazard: "safe",
            write: "stacks: [prod, staging], or no stacks for all",
          },
        ],
      },
    ]);
  });

  it("is a setting that is other in it, judged as what it would be for the other one", () => {
    const [lead, ...others] = leads("overrides:\n  staging: {partitions: 60, retention: 1d}");
    expect(others).toEqual([]);
    expect(lead?.rows.map(({ field, here, there, hazard }) => [field, here, there, hazard])).toEqual([
      ["partitions", "60", "30", "approval"],
      ["retention", "1d", "7d", "irreversible"],
    ]);
    expect(lead).toMatchObject({ verdict: "irreversible", reviewers: ["checkout"] });
    expect(lead?.rows[0]?.write).toBe("partitions of overrides.staging at the topic itself, or in overrides.prod");
  });

  it("is both where both have something of their own, and in either order", () => {
    const settings = "overrides:\n  staging: {partitions: 60}\n  prod: {retention: 14d}";
    expect(leads(settings).map(({ stack, rows }) => [stack, rows.map(({ field }) => field)])).toEqual([
      ["staging", ["partitions"]],
      ["prod", ["retention"]],
    ]);
    expect(leads(settings, "prod", "staging").map(({ stack }) => stack)).toEqual(["prod", "staging"]);
  });

  it("is nothing where both say the same, where a third one differs, and where only the stacks differ", () => {
    for (const settings of [
      "overrides:\n  staging: {retention: 1d}\n  prod: {retention: 1d}",
      "overrides:\n  dev: {retention: 1d}",
      "stacks: [prod, staging]",
      "",
    ])
      expect(leads(settings)).toEqual([]);
  });
});

describe("environments that a change touches", () => {
  it.each<[string, string, string, string[]]>([
    ["none where nothing is said of any", "", "segmentAge: 1h", []],
    [
      "those for which something new is said",
      "",
      "overrides:\n  dev: {retention: 1d}\n  staging: {retention: 2d}",
      ["dev", "staging"],
    ],
    ["those for which nothing is said any more", "overrides:\n  dev: {retention: 1d}", "", ["dev"]],
    ["those that a topic enters or leaves", "stacks: [prod, dev]", "stacks: [prod, staging]", ["dev", "staging"]],
    [
      "those that are named by a topic that changes otherwise",
      "overrides:\n  dev: {retention: 1d}",
      "segmentAge: 1h\noverrides:\n  dev: {retention: 1d}",
      ["dev"],
    ],
    ["not the one that is judged anyway", "", "overrides:\n  prod: {retention: 1d}", []],
    ["none where nothing changes", "overrides:\n  dev: {retention: 1d}", "overrides:\n  dev: {retention: 1d}", []],
    ["none where lines move", "overrides:\n  dev: {retention: 1d}", "overrides:\n\n  dev: {retention: 1d}", []],
  ])("are %s", (_what, before, after, touched) => {
    const found = touchedStacks(whole(before), whole(after), "prod");
    expect([...found.keys()]).toEqual(touched);
    for (const topics of found.values()) expect([...topics]).toEqual(["order-events"]);
  });

  it("are looked at by a check without a base wherever a topic names them", () => {
    expect([
      ...stacksWithOwnTopics(whole("stacks: [prod, staging]\noverrides:\n  staging: {retention: 1d}"), "prod").keys(),
    ]).toEqual(["staging"]);
  });
});
