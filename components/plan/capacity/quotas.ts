import type { StackSettings } from "../../model/stack/stack.ts";
import type { Topology } from "../topology.ts";
import type { PlannedQuota } from "../types.ts";

/**
 * Returns one quota per service, sorted by principal. Per direction it is the sum of what the service declares for its
 * topics, or the stack's default if it declares none. Every consumer may write dead-letter records, so each service has
 * a write quota. A service that only writes has no read quota.
 */
export function planQuotas(topology: Topology, stack: StackSettings): PlannedQuota[] {
  return topology.services.map((principal) => {
    const producerQuotas = (topology.productions.get(principal) ?? []).map(({ producer }) => producer.quota);
    const group = topology.groups.get(principal);
    return {
      principal,
      producerByteRate: sumOrDefault(producerQuotas, stack.quotas.producer),
      ...(group === undefined
        ? {}
        : {
            consumerByteRate: sumOrDefault(
              group.consumptions.map(({ consumer }) => consumer.quota),
              stack.quotas.consumer,
            ),
          }),
    };
  });
}

/**
 * Returns the sum of the declared quotas, or the fallback if there are none. If the service declares a quota for one
 * topic, a topic without a quota counts as 0.
 */
function sumOrDefault(quotas: readonly (number | undefined)[], fallback: number): number {
  const declared = quotas.filter((quota) => quota !== undefined);
  return declared.length === 0 ? fallback : declared.reduce((sum, quota) => sum + quota, 0);
}
