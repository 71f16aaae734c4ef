import type { Manifest } from "../../kubernetes/manifest.ts";
import { namespaceBounds, namespaceManifests } from "../../kubernetes/namespaces.ts";
import { CPU_BURST } from "../../kubernetes/pod-resources.ts";
import { type KubernetesWorkloadSettings, MOST_OF_A_SERVICE } from "../../model/stack/stack-workload.ts";
import type { Workload } from "../workload.ts";
import { requestsOf, serviceResources } from "./resources.ts";
import { mostPods, scalingOf } from "./scaling.ts";

/**
 * Returns the namespace of the services with its protections, the namespace first. Kafka's listeners allow namespaces
 * with the label `kafka-client`.
 */
export function servicesNamespace(name: string, stack: string): [namespace: Manifest, ...guards: Manifest[]] {
  return namespaceManifests({
    name,
    stack,
    labels: { "kafka-client": "true" },
    containers: {
      requests: { cpu: "100m", memory: "128Mi", "ephemeral-storage": "64Mi" },
      limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "256Mi" },
      most: {
        cpu: `${(MOST_OF_A_SERVICE.milliCpu * CPU_BURST) / 1_000}`,
        memory: `${MOST_OF_A_SERVICE.mebibytes / 1_024}Gi`,
        "ephemeral-storage": "4Gi",
      },
    },
  });
}

/**
 * Returns the maximum number of pods, including those that a rollout starts before it stops the old ones, and a
 * migration job.
 */
function podsAtMost(workload: Workload, settings: KubernetesWorkloadSettings): number {
  return mostPods(scalingOf(workload, settings)) + (workload.migrations === undefined ? 0 : 1);
}

/**
 * Returns the quota for load balancers and node ports. The ingress controller owns its load balancer. Some
 * implementations of the Gateway API create theirs beside the Gateway, with one port for HTTP and one for HTTPS.
 */
function doors({ exposure }: KubernetesWorkloadSettings): Record<string, string> {
  const beside = exposure.by === "gateway-api";
  return { "services.loadbalancers": beside ? "1" : "0", "services.nodeports": beside ? "2" : "0" };
}

/**
 * Returns the limits of the namespace: exactly the sum of what the services need at their maximum size, during a
 * rollout of all of them.
 */
export function servicesBounds(
  namespace: string,
  workloads: readonly Workload[],
  settings: KubernetesWorkloadSettings,
): Manifest {
  const total = (which: "requests" | "limits", resource: "cpu" | "memory" | "ephemeral-storage", unit: string) =>
    `${workloads.reduce((sum, workload) => sum + podsAtMost(workload, settings) * Number.parseInt(serviceResources(requestsOf(workload, settings))[which][resource], 10), 0)}${unit}`;
  return namespaceBounds(namespace, {
    pods: String(workloads.reduce((sum, workload) => sum + podsAtMost(workload, settings), 0)),
    "requests.cpu": total("requests", "cpu", "m"),
    "requests.memory": total("requests", "memory", "Mi"),
    "requests.ephemeral-storage": total("requests", "ephemeral-storage", "Mi"),
    "limits.cpu": total("limits", "cpu", "m"),
    "limits.memory": total("limits", "memory", "Mi"),
    "limits.ephemeral-storage": total("limits", "ephemeral-storage", "Mi"),
    ...doors(settings),
    persistentvolumeclaims: "0",
  });
}
