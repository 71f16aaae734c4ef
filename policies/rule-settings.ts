import * as z from "zod";
import { didYouMean } from "../components/model/problems/suggestion.ts";
import { type Located, unlocated, validate } from "../components/model/problems/validation.ts";
import type { Finding } from "./finding.ts";
import { type LevelSetting, levels, type Rule } from "./rule.ts";

/** The settings of a rule: its level and the parameters of its checks. */
export interface RuleSetting {
  readonly rule: Rule;
  readonly level: LevelSetting;
  /** Valid parameters, as written. */
  readonly parameters: unknown;
}

/** Settings of every rule, by id. */
export type RuleSettings = ReadonlyMap<string, RuleSetting>;

const levelSetting = z.enum([...levels, "off"]);
const settingWithParameters = z.looseObject({ level: levelSetting.optional() });

/** Returns every rule with the catalogue's defaults. */
export function defaultSettings(rules: Iterable<Rule>): RuleSettings {
  return new Map([...rules].map((rule) => [rule.id, { rule, level: rule.level, parameters: {} }]));
}

/**
 * Returns the catalogue's rules with the stack's settings:
 * `policies: {partition-count: {level: error, max: 60}, key-missing: off}`. An invalid setting is reported, and the
 * rule keeps its default.
 * @param at - Locations of the setting `policies`.
 */
export function readRuleSettings(
  rules: ReadonlyMap<string, Rule>,
  policies: Readonly<Record<string, unknown>>,
  at: Located = unlocated("policies"),
): { settings: RuleSettings; findings: Finding[] } {
  const settings = new Map(defaultSettings(rules.values()));
  const findings: Finding[] = [];
  for (const [id, value] of Object.entries(policies)) {
    const rule = rules.get(id);
    if (rule === undefined) {
      const fix = didYouMean(id, rules.keys());
      findings.push({
        rule: "unknown-rule",
        level: "error",
        ...at.place([id], "key"),
        message: `there is no rule ${JSON.stringify(id)}`,
        object: id,
        ...(fix === undefined ? {} : { fix }),
      });
      continue;
    }
    const inner: Located = { place: (path, part) => at.place([id, ...path], part) };
    if (rule.refusal === true || rule.kinds.length === 0) {
      findings.push({
        rule: "rule-not-adjustable",
        level: "error",
        ...at.place([id], "key"),
        message: `${id} is always an error: a declaration that breaks it cannot be read or built`,
        object: id,
        fix: "delete the setting",
      });
      continue;
    }
    const normal = typeof value === "string" ? { level: value } : value;
    const shape = validate(settingWithParameters, normal, inner);
    const { level, ...parameters } = shape.ok ? shape.value : {};
    const read = shape.ok ? validate(rule.parameters, parameters, inner) : shape;
    if (read.ok) settings.set(id, { rule, level: level ?? rule.level, parameters });
    else findings.push(...read.problems.map((problem): Finding => ({ ...problem, level: "error", object: id })));
  }
  return { settings, findings };
}
