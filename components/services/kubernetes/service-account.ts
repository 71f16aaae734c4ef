import type { types } from "@pulumi/kubernetes";
import type { RenderContext } from "./context.ts";
import { standardLabels } from "./labels.ts";

/** An identity of the service's own, with no right and no token: services do not talk to Kubernetes. */
export function serviceAccount({ workload, namespace }: RenderContext): types.input.core.v1.ServiceAccount {
  return {
    metadata: { name: workload.name, namespace, labels: standardLabels(workload) },
    automountServiceAccountToken: false,
  };
}
