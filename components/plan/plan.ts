import type { StackSettings } from "../model/stack.ts";
import type { Model } from "../model/types.ts";
import { planAccess, planPrincipals } from "./access.ts";
import { planContracts } from "./contracts.ts";
import { planQuotas } from "./quotas.ts";
import { planSubjects } from "./subjects.ts";
import { planTopics } from "./topics.ts";
import type { PlatformPlan } from "./types.ts";

/** All that an environment's platform holds: a pure function of what is declared. */
export function planPlatform(model: Model, stack: StackSettings): PlatformPlan {
  return {
    topics: planTopics(model, stack),
    principals: planPrincipals(model),
    acls: planAccess(model),
    quotas: planQuotas(model, stack),
    subjects: planSubjects(model, stack),
    contracts: planContracts(model, stack),
  };
}
