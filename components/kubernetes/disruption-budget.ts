import type { Manifest, ObjectMeta } from "./manifest.ts";

/**
 * One pod at a time may be taken for maintenance; pods that are not ready do not keep a node. Only for several replicas: a lone pod it
 * would nail to its node.
 */
export function disruptionBudget(metadata: ObjectMeta, pods: Readonly<Record<string, string>>): Manifest {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata,
    spec: { maxUnavailable: 1, selector: { matchLabels: pods }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
  };
}
