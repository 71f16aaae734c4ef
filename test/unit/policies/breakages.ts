import type { Manifest } from "../../../policies/rule.ts";

/**
 * Properties that a rendered service must have, each removed in turn. The table says which rule reports it; an independent
 * validator or the API server may report it too.
 */
export interface Breakage {
  /** The property, in words. */
  readonly what: string;
  /** Id of the rule that must report it, or {@link API_SERVER}. */
  readonly caughtBy: string;
  /** The objects without the property. */
  readonly apply: (manifests: readonly Manifest[]) => Manifest[];
}

type Data = Record<string, unknown>;

const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers.0`;

/** All required properties, each removed in turn. */
export const BREAKAGES: readonly Breakage[] = [
  ...removedFrom("Deployment", {
    [`${POD}.securityContext`]: "workload-pod-security",
    [`${POD}.securityContext.runAsUser`]: "workload-pod-security",
    [`${POD}.securityContext.seccompProfile`]: "workload-pod-security",
    [`${CONTAINER}.securityContext`]: "workload-pod-security",
    [`${CONTAINER}.securityContext.allowPrivilegeEscalation`]: "workload-pod-security",
    [`${CONTAINER}.securityContext.capabilities`]: "workload-pod-security",
    [`${CONTAINER}.securityContext.readOnlyRootFilesystem`]: "workload-read-only-root",
    [`${POD}.volumes.0.emptyDir.sizeLimit`]: "workload-read-only-root",
    [`${POD}.serviceAccountName`]: "workload-service-account",
    [`${POD}.automountServiceAccountToken`]: "workload-service-account",
    [`${CONTAINER}.resources`]: "workload-resources",
    [`${CONTAINER}.resources.requests.cpu`]: "workload-resources",
    [`${CONTAINER}.resources.requests.memory`]: "workload-resources",
    [`${CONTAINER}.resources.requests.ephemeral-storage`]: "workload-resources",
    [`${CONTAINER}.resources.limits.cpu`]: "workload-resources",
    [`${CONTAINER}.resources.limits.memory`]: "workload-resources",
    [`${CONTAINER}.resources.limits.ephemeral-storage`]: "workload-resources",
    [`${CONTAINER}.startupProbe`]: "workload-probes",
    [`${CONTAINER}.livenessProbe`]: "workload-probes",
    [`${CONTAINER}.readinessProbe`]: "workload-probes",
    [`${CONTAINER}.lifecycle`]: "workload-graceful-end",
    [`${POD}.affinity`]: "workload-spread",
    [`${POD}.topologySpreadConstraints`]: "workload-spread",
    "spec.strategy": "workload-rollout",
    "spec.strategy.rollingUpdate.maxUnavailable": "workload-rollout",
    "spec.revisionHistoryLimit": "workload-rollout",
    "spec.template.metadata.annotations": "workload-rollout",
    "metadata.labels": "workload-labels",
  }),
  ...removedFrom("Job", {
    [`${POD}.securityContext`]: "workload-pod-security",
    [`${CONTAINER}.securityContext.readOnlyRootFilesystem`]: "workload-read-only-root",
    [`${CONTAINER}.resources.limits`]: "workload-resources",
    [`${POD}.automountServiceAccountToken`]: "workload-service-account",
  }),
  ...removedFrom("PodDisruptionBudget", { "spec.unhealthyPodEvictionPolicy": "workload-disruption-budget" }),
  ...removedFrom("Namespace", { "metadata.labels": "workload-namespace" }),
  ...removedFrom("Ingress", { "spec.tls": "workload-exposure" }),
  ...removedFrom("HorizontalPodAutoscaler", { "spec.maxReplicas": "workload-autoscaler" }),
  gone("PodDisruptionBudget", () => true, "the budget of disruptions", "workload-disruption-budget"),
  gone(
    "NetworkPolicy",
    ({ metadata }) => metadata?.name === "default-deny",
    "the namespace's default policy",
    "workload-network-policy",
  ),
  gone(
    "NetworkPolicy",
    ({ metadata }) => metadata?.name === "order-service",
    "a service's network policy",
    "workload-network-policy",
  ),
  gone(
    "NetworkPolicy",
    ({ metadata }) => metadata?.name === "order-service-migration",
    "a migration's network policy",
    "workload-network-policy",
  ),
  gone("ResourceQuota", () => true, "the namespace's quota", "workload-namespace"),
  gone("LimitRange", () => true, "the namespace's limits", "workload-namespace"),
  altered("Deployment", "an image by tag", "workload-image-digest", (object) =>
    replaceText(object, /@sha256:[0-9a-f]{64}/g, ""),
  ),
  // Pod and container both have it; either would be sufficient.
  altered("Deployment", "a process that may be root", "workload-pod-security", (object) =>
    replaceText(object, /"runAsNonRoot":true/g, '"runAsNonRoot":false'),
  ),
  altered("Deployment", "readiness that asks what liveness asks", "workload-probes", (object) =>
    replaceText(object, /"\/readyz"/g, '"/livez"'),
  ),
  altered("Deployment", "too little time to end", "workload-graceful-end", (object) =>
    replaceText(object, /"terminationGracePeriodSeconds":\d+/g, '"terminationGracePeriodSeconds":1'),
  ),
  altered("Deployment", "secrets that every user of the container may read", "workload-secret-mode", (object) =>
    replaceText(object, /"defaultMode":256/g, '"defaultMode":420'),
  ),
  altered("Deployment", "a password as a variable", "workload-plain-secret", (object) =>
    replaceText(object, /"name":"KAFKA_PASSWORD_FILE","value":"[^"]*"/g, '"name":"KAFKA_PASSWORD","value":"hunter2"'),
  ),
  altered("ConfigMap", "a private key in a ConfigMap", "workload-plain-secret", (object) => ({
    ...object,
    data: { key: "-----BEGIN PRIVATE KEY-----" },
  })),
  altered("Deployment", "a number of pods beside an autoscaler", "workload-autoscaler", (object) => ({
    ...object,
    spec: { ...dataOf(object.spec), replicas: 3 },
  })),
  altered("HorizontalPodAutoscaler", "more consumers than partitions", "workload-autoscaler", (object) =>
    replaceText(object, /"maxReplicas":\d+/g, '"maxReplicas":31'),
  ),
  altered("NetworkPolicy", "a way out to everywhere", "workload-network-open", (object) => ({
    ...object,
    spec: { ...dataOf(object.spec), egress: [{}] },
  })),
  altered("NetworkPolicy", "a policy for one direction alone", "workload-network-policy", (object) =>
    replaceText(object, /"policyTypes":\["Ingress","Egress"\]/g, '"policyTypes":["Ingress"]'),
  ),
  altered("Service", "a load balancer of its own", "workload-exposure", (object) =>
    replaceText(object, /"ClusterIP"/g, '"LoadBalancer"'),
  ),
];

/** A property that a real API server requires: by the kind's own definition, or by the namespace's pod security. */
export const API_SERVER = "the API server";

/** A breakage for each path: removes the value from every object of a kind. */
export function removedFrom(kind: string, paths: Readonly<Record<string, string>>): Breakage[] {
  return Object.entries(paths).map(([path, caughtBy]) =>
    altered(kind, `${kind} without ${path}`, caughtBy, (object) => without(object, path.split("."))),
  );
}

/** The objects without some of a kind. */
export function gone(kind: string, which: (manifest: Manifest) => boolean, what: string, caughtBy: string): Breakage {
  return {
    what: `without ${what}`,
    caughtBy,
    apply: (manifests) => manifests.filter((manifest) => manifest.kind !== kind || !which(manifest)),
  };
}

/** The objects with every one of a kind changed. */
export function altered(kind: string, what: string, caughtBy: string, change: (object: Data) => Data): Breakage {
  return {
    what,
    caughtBy,
    apply: (manifests) =>
      manifests
        .map((manifest) => (manifest.kind === kind ? { ...manifest, ...change({ ...manifest }) } : manifest))
        .map((manifest) => ({ ...manifest })),
  };
}

/** A copy without the value at a path; the object itself if there is none. */
function without(value: unknown, [step, ...rest]: readonly string[]): Data {
  const copy: Data = { ...dataOf(value) };
  if (step === undefined || !Object.hasOwn(copy, step)) return copy;
  // Undefined, not deleted: merged over the object, it removes the value.
  if (rest.length === 0) return { ...copy, [step]: undefined };
  const inner = copy[step];
  const changed = Array.isArray(inner)
    ? inner.map((item, index) =>
        String(index) === rest[0] ? (rest.length === 1 ? undefined : without(item, rest.slice(1))) : item,
      )
    : without(inner, rest);
  return { ...copy, [step]: changed };
}

/** An object with some text of it replaced. */
export function replaceText(object: Data, pattern: RegExp, replacement: string): Data {
  return dataOf(JSON.parse(JSON.stringify(object).replace(pattern, replacement)));
}

/** A copy of an object; empty for other values. */
export function dataOf(value: unknown): Data {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
