import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readYaml } from "../../../components/model/yaml/yaml-document.ts";
import { catalogue } from "../../../policies/catalogue.ts";
import { pattern } from "../../../policies/pattern.ts";
import { readRuleSettings } from "../../../policies/rule-settings.ts";

describe("a pattern that a stack gives to a rule", () => {
  it("can't make a check hang, whatever it is", () => {
    for (const text of ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){20}$", "(x+x+)+y", "^(?:(a*)*)*$"]) {
      expect(pattern.parse(text).matches(`${"a".repeat(248)}!`), text).toBe(false);
    }
  });

  it("matches as JavaScript does, where both know the syntax", () => {
    const part = fc.constantFrom(
      "a",
      "b",
      "[ab]",
      "[^b]",
      ".",
      "a*",
      "b+",
      "a?",
      "(?:ab|c)",
      "a{2}",
      "\\.",
      "\\d",
      "-",
      "(?:a|b)*",
    );
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.boolean(),
        fc.string({ unit: fc.constantFrom("a", "b", "c", ".", "-", "1"), maxLength: 8 }),
        (parts, start, end, name) => {
          const text = `${start ? "^" : ""}${parts.join("")}${end ? "$" : ""}`;
          expect(pattern.parse(text).matches(name), `${text} on ${name}`).toBe(new RegExp(text, "u").test(name));
        },
      ),
    );
  });

  it.each([
    ["(?=order)", "it uses look-around", "without (?=…)"],
    ["(?<!order)x", "it uses look-around", "without (?=…)"],
    ["(a)\\1", "it uses a back-reference", "instead of \\1"],
    ["(?<word>a)\\k<word>", "it uses a back-reference", "instead of \\1"],
    ["[a-", "missing closing ]", "syntax of RE2"],
    ["(?:a{100}){100}", "invalid repeat count", "syntax of RE2"],
    ["a{500}b{500}c{500}", "the maximum is 1000", "repeat with * or +"],
  ])("%s is refused, with its place, the reason and a fix", (text, reason, fix) => {
    const source = `policies:\n  topic-name: {pattern: '${text}'}\n`;
    const { document } = readYaml("stacks/Pulumi.dev.yaml", source);
    const { settings, findings } = readRuleSettings(
      catalogue,
      (document?.value as { policies: Record<string, unknown> }).policies,
      {
        place: (path, part) => document?.at.place(["policies", ...path], part) ?? { file: "", line: 0, column: 0 },
      },
    );
    expect(findings).toMatchObject([
      {
        file: "stacks/Pulumi.dev.yaml",
        line: 2,
        column: 25,
        level: "error",
        message: expect.stringContaining(reason),
        fix: expect.stringContaining(fix),
      },
    ]);
    expect(settings.get("topic-name")?.parameters).toEqual({});
  });

  it("is what the rules on topics' names and owners' contacts use", () => {
    expect(catalogue.get("topic-name")?.parameters.safeParse({ pattern: "(?=a)" }).success).toBe(false);
    expect(catalogue.get("owner-contact")?.parameters.safeParse({ pattern: "(?=a)" }).success).toBe(false);
  });
});
