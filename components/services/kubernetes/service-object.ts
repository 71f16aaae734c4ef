import type { types } from "@pulumi/kubernetes";
import { POD_ADDRESS_ANNOTATIONS } from "../../kubernetes/manifest.ts";
import type { RenderContext } from "./context.ts";
import { PORTS } from "./context.ts";
import { selectorLabels, standardLabels } from "./labels.ts";

/** The address of a service that answers HTTP; absent for one that only works on events. Pods get requests while they are ready. */
export function serviceObject({ workload, namespace }: RenderContext): types.input.core.v1.Service | undefined {
  if (!workload.http) return undefined;
  return {
    metadata: {
      name: workload.name,
      namespace,
      labels: standardLabels(workload),
      annotations: POD_ADDRESS_ANNOTATIONS,
    },
    spec: {
      type: "ClusterIP",
      selector: selectorLabels(workload.name),
      ports: [{ name: "http", port: PORTS.http, targetPort: "http", protocol: "TCP", appProtocol: "http" }],
    },
  };
}

/** Base URL of a service inside the cluster. */
export function serviceUrl(service: string, namespace: string): string {
  return `http://${service}.${namespace}.svc:${PORTS.http}`;
}
