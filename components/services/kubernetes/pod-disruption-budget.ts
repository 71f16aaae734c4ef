import type { types } from "@pulumi/kubernetes";
import type { RenderContext } from "./context.ts";
import { selectorLabels, standardLabels } from "./labels.ts";
import { scalingOf } from "./scaling.ts";

/**
 * One pod at a time may be taken for maintenance; pods that are not ready are no reason to keep a node. Absent for a
 * single pod, which a budget would nail to its node.
 */
export function podDisruptionBudget({
  workload,
  namespace,
  settings,
}: RenderContext): types.input.policy.v1.PodDisruptionBudget | undefined {
  if (scalingOf(workload, settings).min < 2) return undefined;
  return {
    metadata: { name: workload.name, namespace, labels: standardLabels(workload) },
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selectorLabels(workload.name) },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
