import type { Manifest, ObjectMeta } from "./manifest.ts";

/**
 * Returns a disruption budget that allows one unavailable pod at a time. Pods that are not ready do not block the drain
 * of a node. It is for several replicas only, because it would bind a single pod to its node.
 */
export function disruptionBudget(metadata: ObjectMeta, pods: Readonly<Record<string, string>>): Manifest {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata,
    spec: { maxUnavailable: 1, selector: { matchLabels: pods }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
  };
}
