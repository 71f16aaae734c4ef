import type { types } from "@pulumi/kubernetes";
import { stackLabel } from "../../kubernetes/shared.ts";
import { type KubernetesWorkloadSettings, MOST_OF_A_SERVICE } from "../../model/stack-workload.ts";
import type { Workload } from "../workload.ts";
import { CPU_BURST, containerResources, requestsOf } from "./resources.ts";
import { mostPods, scalingOf } from "./scaling.ts";

const LABELS = { "app.kubernetes.io/part-of": "event-platform", "app.kubernetes.io/managed-by": "pulumi" } as const;

/** The namespace of the services: what is not restricted is not admitted. Kafka's listeners let in namespaces with the label `kafka-client`. */
export function namespace(name: string, stack: string): types.input.core.v1.Namespace {
  const levels = ["enforce", "audit", "warn"].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, "restricted"],
    [`pod-security.kubernetes.io/${mode}-version`, "latest"],
  ]);
  return {
    metadata: {
      name,
      labels: { ...LABELS, ...stackLabel(stack), "kafka-client": "true", ...Object.fromEntries(levels) },
    },
  };
}

/** What a container gets that says nothing, and the most any may say: a slip must not eat a node. */
export function limitRange(target: types.input.meta.v1.ObjectMeta["namespace"]): types.input.core.v1.LimitRange {
  return {
    metadata: { name: "containers", ...(target === undefined ? {} : { namespace: target }), labels: { ...LABELS } },
    spec: {
      limits: [
        {
          type: "Container",
          defaultRequest: { cpu: "100m", memory: "128Mi", "ephemeral-storage": "64Mi" },
          default: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "256Mi" },
          max: {
            cpu: `${(MOST_OF_A_SERVICE.milliCpu * CPU_BURST) / 1_000}`,
            memory: `${MOST_OF_A_SERVICE.mebibytes / 1_024}Gi`,
            "ephemeral-storage": "4Gi",
          },
        },
      ],
    },
  };
}

/** Pods, those of a roll-out included that come before the old ones go, and a job of migrations. */
function podsAtMost(workload: Workload, settings: KubernetesWorkloadSettings): number {
  return mostPods(scalingOf(workload, settings)) + (workload.migrations === undefined ? 0 : 1);
}

/** Doors to the outside are the ingress controller's; some of those of the Gateway API make their load balancer beside the Gateway, with a port for HTTP and one for HTTPS. */
function doors({ exposure }: KubernetesWorkloadSettings): Record<string, string> {
  const beside = exposure.by === "gateway-api";
  return { "services.loadbalancers": beside ? "1" : "0", "services.nodeports": beside ? "2" : "0" };
}

/** The sum of what the services may need at their largest, in the middle of a roll-out of all of them; nothing beyond. */
export function resourceQuota(
  target: types.input.meta.v1.ObjectMeta["namespace"],
  workloads: readonly Workload[],
  settings: KubernetesWorkloadSettings,
): types.input.core.v1.ResourceQuota {
  const total = (which: "requests" | "limits", resource: "cpu" | "memory" | "ephemeral-storage", unit: string) =>
    `${workloads.reduce((sum, workload) => sum + podsAtMost(workload, settings) * Number.parseInt(containerResources(requestsOf(workload, settings))[which][resource], 10), 0)}${unit}`;
  return {
    metadata: { name: "services", ...(target === undefined ? {} : { namespace: target }), labels: { ...LABELS } },
    spec: {
      hard: {
        pods: String(workloads.reduce((sum, workload) => sum + podsAtMost(workload, settings), 0)),
        "requests.cpu": total("requests", "cpu", "m"),
        "requests.memory": total("requests", "memory", "Mi"),
        "requests.ephemeral-storage": total("requests", "ephemeral-storage", "Mi"),
        "limits.cpu": total("limits", "cpu", "m"),
        "limits.memory": total("limits", "memory", "Mi"),
        "limits.ephemeral-storage": total("limits", "ephemeral-storage", "Mi"),
        ...doors(settings),
        persistentvolumeclaims: "0",
      },
    },
  };
}
