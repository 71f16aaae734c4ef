import { type Manifest, platformLabels } from "./manifest.ts";
import { denyAll } from "./network.ts";
import { stackLabel } from "./shared.ts";

/** A namespace of the platform. */
export interface NamespaceArgs {
  readonly name: string;
  /** Stack that the namespace belongs to. */
  readonly stack: string;
  /** Further labels, by which others let it in. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly containers: ContainerDefaults;
}

/** What a container gets that asks for nothing, and the most that one may ask for. */
export interface ContainerDefaults {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly most?: Readonly<Record<string, string>>;
}

/**
 * A namespace with its guards: the pod security level "restricted", no traffic except what is allowed, defaults for containers that ask for
 * nothing. The namespace itself comes first. Its bounds are {@link namespaceBounds}.
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
 * The most that a namespace may hold, so that a runaway controller or a slip eats no cluster.
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
 * Defaults in the namespaces of servers, where operators make pods as well. No limit of processor time: a JVM that starts would take
 * minutes with the default of a service.
 */
export const SERVER_CONTAINERS: ContainerDefaults = {
  requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "64Mi" },
  limits: { memory: "256Mi", "ephemeral-storage": "1Gi" },
};

/**
 * Bounds of a namespace of servers.
 * @param pods - Pods at most.
 * @param nodePorts - Whether Services may open ports on nodes, as load balancers do.
 */
export function serverBounds(pods: number, nodePorts: boolean): Record<string, string> {
  return { pods: String(pods), "count/jobs.batch": "100", ...(nodePorts ? {} : { "services.nodeports": "0" }) };
}
