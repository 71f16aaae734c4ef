import { stringify } from "yaml";
import { type RuleInput, ruleGroups } from "./rule-groups.ts";

/** Returns the rule file that a Prometheus configuration names in `rule_files`. */
export function ruleFile(input: RuleInput): string {
  return stringify({ groups: ruleGroups(input) }, { lineWidth: 0 });
}
