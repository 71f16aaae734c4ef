import { type Manifest, platformLabels } from "./manifest.ts";
import { denyAll } from "./network.ts";
import { stackLabel } from "./shared.ts";

/** A namespace's bounds, as ResourceQuota counts them. */
export interface NamespaceBounds {
  readonly pods: number;
  /** Whether Services may open ports on nodes, as load balancers do. */
  readonly nodePorts: boolean;
}

/**
 * A namespace with its guards: pod security level "restricted", no traffic but what is allowed, defaults for containers that
 * ask for nothing, and a bound on what one runaway controller may make.
 */
export function namespaceManifests(name: string, stack: string, bounds: NamespaceBounds): Manifest[] {
  const labels = platformLabels(name, "namespace");
  const level = "restricted";
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name,
        labels: {
          ...labels,
          ...stackLabel(stack),
          "pod-security.kubernetes.io/enforce": level,
          "pod-security.kubernetes.io/audit": level,
          "pod-security.kubernetes.io/warn": level,
        },
      },
    },
    denyAll(name),
    {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "defaults", namespace: name, labels },
      spec: {
        limits: [
          {
            type: "Container",
            defaultRequest: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "64Mi" },
            default: { memory: "256Mi", "ephemeral-storage": "1Gi" },
          },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "bounds", namespace: name, labels },
      spec: {
        hard: {
          pods: String(bounds.pods),
          "count/jobs.batch": "100",
          ...(bounds.nodePorts ? {} : { "services.nodeports": "0" }),
        },
      },
    },
  ];
}
