import type { DatabaseUser } from "../databases/connections.ts";
import { isKubernetes } from "../model/stack/kubernetes-stack.ts";
import type { StackSettings } from "../model/stack/stack.ts";
import type { PlatformPlan } from "../plan/types.ts";
import { mostPods, scalingOf } from "./kubernetes/scaling.ts";
import { consumerGroup } from "./service-workload.ts";
import type { ServiceTemplate } from "./template.ts";

/** Returns the services of an environment that have a database, with the maximum number of instances of each. */
export function databaseUsers(
  templates: readonly ServiceTemplate[],
  settings: StackSettings,
  plan: PlatformPlan,
): readonly DatabaseUser[] {
  return templates.flatMap(({ name, kafka, database }) => {
    if (database === undefined) return [];
    const replicas = settings.services[name]?.replicas ?? 1;
    const group = kafka
      ? consumerGroup(
          plan.contracts.find(({ service }) => service === name),
          plan.topics,
        )
      : undefined;
    const instances = isKubernetes(settings)
      ? mostPods(
          scalingOf({ name, replicas, ...(group === undefined ? {} : { group }) }, settings.kubernetes.workloads),
        )
      : replicas;
    return [{ service: name, connections: database.connections, instances }];
  });
}
