import { type Manifest, POD_ADDRESS_ANNOTATIONS } from "../../kubernetes/manifest.ts";
import type { RenderContext } from "./context.ts";
import { PORTS } from "./context.ts";
import { metadataOf, selectorLabels } from "./labels.ts";

/**
 * Returns the Service of a service with an HTTP API; undefined for one that only handles events. Pods receive requests
 * while they are ready.
 */
export function serviceObject(context: RenderContext): Manifest | undefined {
  const { workload } = context;
  if (!workload.http) return undefined;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadataOf(context), annotations: POD_ADDRESS_ANNOTATIONS },
    spec: {
      type: "ClusterIP",
      selector: selectorLabels(workload.name),
      ports: [{ name: "http", port: PORTS.http, targetPort: "http", protocol: "TCP", appProtocol: "http" }],
    },
  };
}

/** Returns the base URL of a service inside the cluster. */
export function serviceUrl(service: string, namespace: string): string {
  return `http://${service}.${namespace}.svc:${PORTS.http}`;
}
