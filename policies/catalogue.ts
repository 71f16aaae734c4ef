import type { Rule } from "./rule.ts";
import { aclRules } from "./rules/access/acls.ts";
import { userRules } from "./rules/access/users.ts";
import { capacityRules } from "./rules/capacity.ts";
import { configurationRules } from "./rules/configuration.ts";
import { consumerRules } from "./rules/consumers.ts";
import { lifecycleRules } from "./rules/lifecycle.ts";
import { metaRules } from "./rules/meta.ts";
import { nameRules } from "./rules/names.ts";
import { ownershipRules } from "./rules/ownership.ts";
import { quotaRules } from "./rules/quotas.ts";
import { refusals } from "./rules/refusals.ts";
import { resourceRules } from "./rules/resources.ts";
import { sagaRunRules } from "./rules/sagas/runs.ts";
import { sagaStepRules } from "./rules/sagas/steps.ts";
import { recordRules } from "./rules/schemas/records.ts";
import { subjectRules } from "./rules/schemas/subjects.ts";
import { topicRules } from "./rules/topics.ts";
import { workloadRules } from "./rules/workloads/workloads.ts";

/**
 * The only catalogue of rules: refusals of the model, rules on plans, and rules on resources. `kit check`, the policy
 * pack and the documentation use it.
 */
export const catalogue: ReadonlyMap<string, Rule> = byId([
  ...refusals,
  ...nameRules,
  ...topicRules,
  ...configurationRules,
  ...capacityRules,
  ...ownershipRules,
  ...lifecycleRules,
  ...recordRules,
  ...subjectRules,
  ...aclRules,
  ...userRules,
  ...quotaRules,
  ...consumerRules,
  ...sagaStepRules,
  ...sagaRunRules,
  ...resourceRules,
  ...workloadRules,
  ...metaRules,
]);

function byId(rules: readonly Rule[]): Map<string, Rule> {
  const map = new Map<string, Rule>();
  for (const rule of rules) {
    if (map.has(rule.id)) throw new Error(`Two rules have the id ${rule.id}.`);
    map.set(rule.id, rule);
  }
  return map;
}
