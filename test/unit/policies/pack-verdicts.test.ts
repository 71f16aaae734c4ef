/** `kit check` and the policy pack: the same rules on the same change give the same verdict. */
import { describe, expect, it, test } from "vitest";
import { planPlatform } from "../../../components/plan/plan.ts";
import { catalogue } from "../../../policies/catalogue.ts";
import type { Finding } from "../../../policies/finding.ts";
import { ResourceJudge } from "../../../policies/pack/judge.ts";
import { policyProject } from "../../../policies/pack/project.ts";
import type { CheckKind, Example, Rule } from "../../../policies/rule.ts";
import { beforeOf, checkExample, exceptionsOf, filesOf, stackFileOf, today } from "./example-project.ts";
import { plannedResources } from "./planned-resources.ts";

const kindsInFiles = new Set<CheckKind>(["topic", "subject", "acl", "quota", "user", "cluster", "declaration"]);
const decidesInBoth = (rule: Rule): boolean => rule.kinds.some((kind) => kindsInFiles.has(kind));

/** What `kit check` says of an example, and what the pack says of the resources that the program makes of it. */
function bothVerdicts(example: Example): { readonly check: readonly string[]; readonly pack: readonly string[] } {
  const project = policyProject({
    files: filesOf(example),
    stack: stackFileOf(example),
    exceptions: exceptionsOf(example),
  });
  if (project.model === undefined) throw new Error("the example is no model");
  const judge = new ResourceJudge(project, { project: "event-platform", stack: "local" }, today, beforeOf(example));
  const resources = plannedResources(planPlatform(project.model, project.stack), "local");
  return {
    check: verdict(checkExample(example).findings),
    pack: verdict([...resources.flatMap((resource) => judge.resource(resource)), ...judge.stack(resources)]),
  };
}

/** Without places, which are lines here and resources there, and without what only one of them looks at. */
function verdict(findings: readonly Finding[]): string[] {
  return [
    ...new Set(
      findings
        .filter(({ rule }) => rule !== "exception-unused")
        .map(({ rule, level, object, message }) => `${level} ${rule} ${object ?? ""}: ${message}`),
    ),
  ].sort();
}

const examples = [...catalogue.values()]
  .filter((rule) => decidesInBoth(rule) && rule.refusal !== true)
  .flatMap((rule) =>
    (
      [
        ["wrong", rule.wrong],
        ["right", rule.right],
      ] as const
    ).flatMap(([side, example]) =>
      example.resources === undefined && example.manifest === undefined && example.prose === undefined
        ? [[side, rule.id, example] as const]
        : [],
    ),
  );

describe("kit check and the policy pack agree", () => {
  it("on most of the catalogue", () => {
    expect(new Set(examples.map(([, id]) => id)).size).toBeGreaterThan(50);
  });

  test.each(examples)("on the %s example of %s", (side, id, example) => {
    const { check, pack } = bothVerdicts(example);
    expect(pack).toEqual(check);
    expect(pack.some((line) => line.split(" ")[1] === id)).toBe(side === "wrong");
  });

  it("on levels that the stack sets, on exceptions, and on exceptions that have ended", () => {
    const wide = { topic: "partitions: 126" };
    const setTo = (level: string, exceptions?: string): Example => ({
      ...wide,
      stack: `policies: {partition-count: {level: ${level}}}`,
      ...(exceptions === undefined ? {} : { exceptions }),
    });
    const excepted = (expires: string): string =>
      `- {rule: partition-count, object: order-events, reason: Holds until it is split., owner: checkout, expires: ${expires}}`;
    const told = (example: Example): string[] => {
      const { check, pack } = bothVerdicts(example);
      expect(pack).toEqual(check);
      return pack
        .filter((line) => / (partition-count|exception-expired) /.test(line))
        .map((line) => line.split(" ").slice(0, 3).join(" "));
    };
    expect(told(wide)).toEqual(["warning partition-count order-events:"]);
    expect(told(setTo("error"))).toEqual(["error partition-count order-events:"]);
    expect(told(setTo('"off"'))).toEqual([]);
    expect(told(setTo("error", excepted("2027-01-31")))).toEqual([]);
    expect(told(setTo("error", excepted("2026-11-24")))).toEqual([
      "error exception-expired order-events:",
      "error partition-count order-events:",
    ]);
  });
});
