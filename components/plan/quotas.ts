import type { StackSettings } from "../model/stack/stack.ts";
import type { Topology } from "./topology.ts";
import type { PlannedQuota } from "./types.ts";

/**
 * One quota per service: what it declares, summed over its topics, per direction; the stack's default where
 * it declares none. Every consumer may write (its dead-letter records), so each service has a write quota; one that
 * only writes has no read quota. Sorted by principal.
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

/** A topic without a declared quota counts as nothing once another topic of the service declares one. */
function sumOrDefault(quotas: readonly (number | undefined)[], fallback: number): number {
  const declared = quotas.filter((quota) => quota !== undefined);
  return declared.length === 0 ? fallback : declared.reduce((sum, quota) => sum + quota, 0);
}
