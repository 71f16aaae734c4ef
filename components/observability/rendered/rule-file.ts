import { stringify } from "yaml";
import { type RuleInput, ruleGroups } from "./rule-groups.ts";

/** The rule file that the configuration of a Prometheus names in `rule_files`. */
export function ruleFile(input: RuleInput): string {
  return stringify({ groups: ruleGroups(input) }, { lineWidth: 0 });
}
