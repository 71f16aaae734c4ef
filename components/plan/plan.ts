import type { StackSettings } from "../model/stack/stack.ts";
import type { Model } from "../model/types.ts";
import { planAccess, planPrincipals } from "./access/access.ts";
import { planQuotas } from "./capacity/quotas.ts";
import { planContracts } from "./contracts.ts";
import { planSharedSubjects, planSubjects } from "./subjects.ts";
import { planTopics } from "./topics.ts";
import { topologyOf } from "./topology.ts";
import type { PlatformPlan } from "./types.ts";

/** Returns everything that the platform of an environment contains. Pure: the result depends only on the declaration. */
export function planPlatform(model: Model, stack: StackSettings): PlatformPlan {
  const topology = topologyOf(model);
  return {
    topics: planTopics(topology, stack),
    principals: planPrincipals(topology),
    acls: planAccess(topology),
    quotas: planQuotas(topology, stack),
    subjects: planSubjects(topology, stack),
    sharedSubjects: planSharedSubjects(topology, stack),
    contracts: planContracts(topology, stack),
  };
}
