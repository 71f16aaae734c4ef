import * as z from "zod";
import { isSmall } from "../../../components/model/stack/stack.ts";
import type { Breach, Manifest, Rule } from "../../rule.ts";
import { rule, ruleWith } from "../../rule.ts";
import { fieldOf, workloadOf } from "../../workloads/pods.ts";
import { breachesWhere, podYaml } from "../../workloads/text.ts";

const NAMESPACE = `---
apiVersion: v1
kind: Namespace
metadata: {name: services, labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/audit: restricted, pod-security.kubernetes.io/warn: restricted}}
`;
const BOUNDS = `---
apiVersion: v1
kind: ResourceQuota
metadata: {name: services, namespace: services}
---
apiVersion: v1
kind: LimitRange
metadata: {name: containers, namespace: services}
`;
const role = (kind: string, rule: string) => `apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: {name: order-service${kind === "Role" ? ", namespace: services" : ""}}
rules: [${rule}]
`;

const pool = (volume: string) => `apiVersion: kafka.strimzi.io/v1
kind: KafkaNodePool
metadata: {name: broker, namespace: kafka}
spec: {storage: {type: jbod, volumes: [{id: 0, type: persistent-claim, size: 1Ti, ${volume}}]}}
`;

/** Rules on names, namespaces, rights and data. */
export const workloadClusterRules: readonly Rule[] = [
  rule({
    id: "workload-labels",
    subject: "workloads",
    level: "warning",
    summary: "Workloads have the common labels.",
    rationale:
      "Dashboards, cost reports and network policies select by them (https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/).",
    wrong: { manifest: podYaml({}) },
    right: {
      manifest: podYaml({}).replace(
        "namespace: services}\nspec",
        "namespace: services, labels: {app.kubernetes.io/name: order-service, app.kubernetes.io/component: service, app.kubernetes.io/part-of: event-platform, app.kubernetes.io/managed-by: pulumi}}\nspec",
      ),
    },
    checks: () => ({
      manifest(manifest) {
        if (workloadOf(manifest) === undefined) return undefined;
        const missing = ["name", "component", "part-of", "managed-by"].filter(
          (label) => manifest.metadata?.labels?.[`app.kubernetes.io/${label}`] === undefined,
        );
        return missing.length === 0
          ? undefined
          : {
              message: `it has no label ${missing.map((label) => `app.kubernetes.io/${label}`).join(", ")}`,
              fix: "add them to metadata.labels",
            };
      },
    }),
  }),
  rule({
    id: "workload-namespace",
    subject: "workloads",
    level: "error",
    summary: "Namespaces admit only restricted pods, and limit the resources of their pods.",
    rationale:
      "The namespace rejects what a template forgets: a pod that is not restricted, a container without limits, a runaway autoscaler.",
    wrong: { manifest: `${podYaml({})}${NAMESPACE.replace("enforce: restricted", "enforce: privileged")}${BOUNDS}` },
    right: { manifest: `${podYaml({})}${NAMESPACE}${BOUNDS}` },
    checks: () => ({
      manifests: (manifests) =>
        manifests
          .filter((manifest) => manifest.kind === "Namespace")
          .flatMap((namespace) => namespaceBreaches(namespace, manifests)),
    }),
  }),
  ruleWith({
    id: "workload-cluster-role",
    subject: "workloads",
    level: "error",
    summary: "Roles are limited to a namespace, name their resources, and do not read all Secrets.",
    rationale: "A single right on the whole cluster, or on all Secrets of a namespace, defeats every other separation.",
    parameters: z.strictObject({ allowed: z.array(z.string()).default(["strimzi-", "cnpg-", "keda-"]) }),
    wrong: { manifest: role("ClusterRole", '{apiGroups: [""], resources: [pods], verbs: [list]}') },
    right: {
      manifest: role(
        "Role",
        '{apiGroups: [""], resources: [configmaps], resourceNames: [order-service-config], verbs: [get]}',
      ),
    },
    checks: ({ allowed }) => ({
      manifest(manifest) {
        const { kind, metadata } = manifest;
        if (
          !["ClusterRole", "ClusterRoleBinding", "Role"].includes(kind) ||
          allowed.some((prefix) => metadata?.name?.startsWith(prefix))
        )
          return undefined;
        if (kind !== "Role")
          return {
            message: `a ${kind} reaches every namespace`,
            fix: kind === "ClusterRole" ? "make it a Role" : "make it a RoleBinding",
          };
        const rules = manifest.rules;
        return (Array.isArray(rules) ? rules : []).flatMap((entry: unknown) => {
          const named = (field: string): readonly unknown[] => {
            const value = fieldOf(entry, field);
            return Array.isArray(value) ? value : [];
          };
          return breachesWhere([
            [
              named("verbs").includes("*") || named("resources").includes("*"),
              "it allows everything",
              "name verbs and resources",
            ],
            [
              named("resources").includes("secrets") && named("resourceNames").length === 0,
              "it allows reading every Secret of the namespace",
              "name the Secret under resourceNames",
            ],
          ]);
        });
      },
    }),
  }),
  rule({
    id: "workload-kept-volumes",
    subject: "workloads",
    level: "error",
    summary: "The volumes of brokers and controllers stay when their node pool is deleted.",
    rationale:
      "With deleteClaim, deleting or renaming a node pool deletes all its records. The rule does not apply to an environment with fewer than three replicas, whose data does not matter.",
    wrong: { manifest: pool("deleteClaim: true") },
    right: { manifest: pool("deleteClaim: false") },
    checks: () => ({
      manifest(manifest, { stack }) {
        if (manifest.kind !== "KafkaNodePool" || isSmall(stack)) return undefined;
        return breachesWhere([
          [
            volumesOf(manifest.spec).some((volume) => fieldOf(volume, "deleteClaim") === true),
            "its volumes are deleted with it",
            "set deleteClaim: false",
          ],
        ]);
      },
    }),
  }),
];

function namespaceBreaches(namespace: Manifest, manifests: readonly Manifest[]): Breach[] {
  const name = namespace.metadata?.name;
  const inside = manifests.filter((manifest) => manifest.metadata?.namespace === name);
  const inhabited = inside.some((manifest) => workloadOf(manifest) !== undefined);
  const labels = namespace.metadata?.labels ?? {};
  const lax = ["enforce", "audit", "warn"].filter(
    (mode) => labels[`pod-security.kubernetes.io/${mode}`] !== "restricted",
  );
  return breachesWhere([
    [
      lax.length > 0,
      `the namespace does not ${lax.join(", ")} the pod security standard "restricted"`,
      `add the labels ${lax.map((mode) => `pod-security.kubernetes.io/${mode}: restricted`).join(", ")}`,
    ],
    [
      inhabited && !inside.some(({ kind }) => kind === "ResourceQuota"),
      "the total resources of its pods have no limit",
      "add a ResourceQuota",
    ],
    [
      inhabited && !inside.some(({ kind }) => kind === "LimitRange"),
      "a container without requests has no default limits",
      "add a LimitRange",
    ],
  ]).map((breach) => ({ ...breach, object: `Namespace/${name ?? "unnamed"}` }));
}

function volumesOf(spec: unknown): readonly unknown[] {
  const storage = fieldOf(spec, "storage");
  const volumes = fieldOf(storage, "volumes");
  return Array.isArray(volumes) ? volumes : [storage];
}
