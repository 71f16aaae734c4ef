import type { Rule } from "./rule.ts";
import { refusals } from "./rules/refusals.ts";
import { topicRules } from "./rules/topics.ts";

/**
 * The one catalogue of rules: what the model refuses while files are read, what is judged in a plan, and what is judged
 * in resources. `kit check`, the policy pack and the documentation are made from it.
 */
export const catalogue: ReadonlyMap<string, Rule> = byId([...refusals, ...topicRules]);

function byId(rules: readonly Rule[]): Map<string, Rule> {
  const map = new Map<string, Rule>();
  for (const rule of rules) {
    if (map.has(rule.id)) throw new Error(`Two rules have the id ${rule.id}.`);
    map.set(rule.id, rule);
  }
  return map;
}
