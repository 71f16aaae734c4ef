import { type Manifest, platformLabels } from "./manifest.ts";
import { denyAll } from "./network.ts";
import { stackLabel } from "./shared.ts";

/** Arguments of a namespace. */
export interface NamespaceArgs {
  readonly name: string;
  /** Stack that the namespace belongs to. */
  readonly stack: string;
  /** Additional labels, which other network policies select. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly containers: ContainerDefaults;
}

/** Resources of a container that requests none, and the maximum that a container may request. */
export interface ContainerDefaults {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly most?: Readonly<Record<string, string>>;
}

/**
 * Returns a namespace with its protections: the pod security level "restricted", a policy that denies all traffic, and
 * defaults for containers without requests. The namespace comes first. {@link namespaceBounds} returns its limits.
 */
export function namespaceManifests({
  name,
  stack,
  labels,
  containers,
}: NamespaceArgs): [namespace: Manifest, ...guards: Manifest[]] {
  const levels = ["enforce", "audit", "warn"].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, "restricted"],
    [`pod-security.kubernetes.io/${mode}-version`, "latest"],
  ]);
  const own = platformLabels(name, "namespace");
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { ...own, ...stackLabel(stack), ...labels, ...Object.fromEntries(levels) } },
    },
    denyAll(name),
    {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "containers", namespace: name, labels: own },
      spec: {
        limits: [
          {
            type: "Container",
            defaultRequest: containers.requests,
            default: containers.limits,
            ...(containers.most === undefined ? {} : { max: containers.most }),
          },
        ],
      },
    },
  ];
}

/**
 * Returns the maximum resources of a namespace, so that a runaway controller or a mistake cannot exhaust the cluster.
 * @param hard - Amounts by resource, as ResourceQuota counts them.
 */
export function namespaceBounds(namespace: string, hard: Readonly<Record<string, string>>): Manifest {
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "bounds", namespace, labels: platformLabels(namespace, "namespace") },
    spec: { hard },
  };
}

/**
 * Defaults in the namespaces of servers, in which operators also create pods. There is no CPU limit, because a JVM
 * would take minutes to start with the default of a service.
 */
export const SERVER_CONTAINERS: ContainerDefaults = {
  requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "64Mi" },
  limits: { memory: "256Mi", "ephemeral-storage": "1Gi" },
};

/**
 * Returns the limits of a namespace of servers.
 * @param pods - Maximum number of pods.
 * @param nodePorts - Whether Services may open ports on nodes, as load balancers do.
 */
export function serverBounds(pods: number, nodePorts: boolean): Record<string, string> {
  return { pods: String(pods), "count/jobs.batch": "100", ...(nodePorts ? {} : { "services.nodeports": "0" }) };
}
