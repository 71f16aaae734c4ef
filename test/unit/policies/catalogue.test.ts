import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { modelRules } from "../../../components/model/problems/rules.ts";
import { catalogue } from "../../../policies/catalogue.ts";
import { type Rule, subjects } from "../../../policies/rule.ts";
import { checkExample, findingsOfExample, proseFiles } from "./example-project.ts";

const rules = [...catalogue.values()];

/** Rules whose wrong example is a fault of the kit itself, or stands in another test. */
const elsewhere: Readonly<Record<string, string>> = {
  "retry-exists": "rules.test.ts",
  "file-misplaced": "",
};

describe("every rule", () => {
  it("is complete: summary, reason, examples, a subject of the page", () => {
    for (const rule of rules) {
      expect(rule.id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(rule.summary, rule.id).toMatch(/^[A-Z].*\.$/s);
      expect(rule.rationale, rule.id).toMatch(/^[A-Z].*\.$/s);
      expect(subjects).toContain(rule.subject);
      expect(Object.keys(rule.wrong), rule.id).not.toEqual([]);
      expect(Object.keys(rule.right), rule.id).not.toEqual([]);
      // Every parameter has a default, so that a stack names only what it changes.
      expect(() => rule.parameters.parse({}), rule.id).not.toThrow();
    }
  });

  it("is there for each refusal of the model", () => {
    for (const id of Object.keys(modelRules)) expect(catalogue.get(id)?.refusal, id).toBe(true);
  });

  it("has examples that are YAML", () => {
    for (const { wrong, right } of rules)
      for (const example of [wrong, right])
        for (const text of [example.topic, example.domain, example.stack, example.resources])
          if (text !== undefined) expect(() => parse(text) as unknown).not.toThrow();
  });
});

const firing = (rule: Rule): boolean =>
  (rule.wrong.prose === undefined || proseFiles[rule.id] !== undefined) && elsewhere[rule.id] === undefined;

describe("the wrong example", () => {
  test.each(rules.filter(firing).map((rule) => [rule.id, rule] as const))("breaks %s", (id, rule) => {
    const found = findingsOfExample(rule.wrong, id);
    const own = found.filter((finding) => finding.rule === id);
    expect(own, JSON.stringify(found)).not.toEqual([]);
    for (const finding of own) {
      expect(finding.message).not.toBe("");
      expect(finding.line).toBeGreaterThan(0);
      expect(finding.column).toBeGreaterThan(0);
      if (rule.refusal !== true)
        expect(finding, "an exception must be able to name what it is about").toHaveProperty("object");
      if (rule.refusal !== true) expect(finding, "it must say what to do").toHaveProperty("fix");
    }
  });
});

describe("the right example", () => {
  test.each(rules.filter((rule) => rule.right.prose === undefined).map((rule) => [rule.id, rule] as const))(
    "keeps %s",
    (id, rule) => {
      expect(findingsOfExample(rule.right, id).filter((finding) => finding.rule === id)).toEqual([]);
    },
  );

  test.each(
    rules
      .filter(
        (rule) =>
          rule.right.prose === undefined && rule.right.resources === undefined && rule.right.manifest === undefined,
      )
      .map((rule) => [rule.id, rule] as const),
  )("of %s breaks no other rule gravely", (_id, rule) => {
    expect(checkExample(rule.right, rule.id).findings.filter(({ level }) => level === "error")).toEqual([]);
  });
});

test("the good project breaks nothing", () => {
  expect(checkExample({}).findings).toEqual([]);
});
