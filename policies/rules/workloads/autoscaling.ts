import { scalePartitions } from "../../../components/model/topics/partitions.ts";
import { parsedJson } from "../../../components/model/values/json.ts";
import type { Breach, Manifest, Rule, Scope } from "../../rule.ts";
import { rule } from "../../rule.ts";
import type { Workload } from "../../workloads/pods.ts";
import { fieldOf, runningWorkloadOf } from "../../workloads/pods.ts";
import { breachesWhere, podYaml } from "../../workloads/text.ts";

/** Key of a service's contract in the ConfigMap of its pods. */
const CONTRACT_KEY = "kafka-contract.json";

const scaler = (most: number, least = 2) => `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: order-service, namespace: services}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order-service}, minReplicas: ${least}, maxReplicas: ${most}}
`;
const SCALED = podYaml({}).replace("  replicas: 2\n", "");

/** Rules on the number of pods. */
export const workloadAutoscalingRules: readonly Rule[] = [
  rule({
    id: "workload-autoscaler",
    subject: "workloads",
    level: "error",
    summary: "A service has at most one autoscaler, with a maximum that does not exceed the partitions of its group.",
    rationale:
      "A consumer without a partition idles and still costs a rebalance; two autoscalers, or an autoscaler and a number in the Deployment, override each other.",
    wrong: { manifest: `${podYaml({})}${scaler(6)}` },
    right: { manifest: `${SCALED}${scaler(6)}` },
    checks: () => ({
      manifests(manifests, scope) {
        const scalers = manifests.flatMap((manifest) => scalerOf(manifest) ?? []);
        const seen = new Map<string, string>();
        return [
          ...scalers.flatMap((candidate) => scalerBreaches(candidate, manifests, seen, scope)),
          ...manifests.flatMap((manifest) => fixedBreaches(manifest, manifests, scope)),
        ];
      },
    }),
  }),
];

interface Scaler {
  readonly object: string;
  readonly namespace: string | undefined;
  readonly target: unknown;
  readonly min: unknown;
  readonly max: unknown;
}

function scalerOf({ kind, metadata, spec }: Manifest): Scaler | undefined {
  const common = {
    object: `${kind}/${metadata?.name ?? "unnamed"}`,
    namespace: metadata?.namespace,
    target: fieldOf(fieldOf(spec, "scaleTargetRef"), "name"),
  };
  if (kind === "HorizontalPodAutoscaler")
    return { ...common, min: fieldOf(spec, "minReplicas"), max: fieldOf(spec, "maxReplicas") };
  if (kind === "ScaledObject")
    return { ...common, min: fieldOf(spec, "minReplicaCount"), max: fieldOf(spec, "maxReplicaCount") };
  return undefined;
}

function scalerBreaches(
  { object, namespace, target, min, max }: Scaler,
  manifests: readonly Manifest[],
  seen: Map<string, string>,
  scope: Scope,
): Breach[] {
  const key = `${namespace ?? ""}/${String(target)}`;
  const other = seen.get(key);
  seen.set(key, object);
  const workload = manifests
    .flatMap((manifest) => runningWorkloadOf(manifest) ?? [])
    .find((candidate) => candidate.name === target && candidate.namespace === namespace);
  const bound = workload === undefined ? undefined : partitionsOf(workload, manifests, scope);
  return breachesWhere([
    [other !== undefined, `${other ?? ""} also scales ${String(target)}`, "keep one of the two"],
    [workload === undefined, `there is no ${String(target)} to scale`, "name a Deployment of the same namespace"],
    [
      workload?.replicas !== undefined,
      `Deployment ${String(target)} sets replicas, which overrides the autoscaler at every update`,
      "leave spec.replicas out",
    ],
    [typeof max !== "number", "the number of pods has no maximum", "set a maximum"],
    [
      typeof min !== "number" || min < 1,
      `at least ${String(min ?? "an unstated number of")} pods: a service without pods answers no requests`,
      "set the minimum to 1 or more",
    ],
    [
      typeof max === "number" && bound !== undefined && max > bound,
      `up to ${String(max)} pods, but the widest topic of the group has ${String(bound)} partitions`,
      `lower the maximum to ${String(bound)}, or raise the topic's partitions`,
    ],
  ]).map((breach) => ({ ...breach, object }));
}

function fixedBreaches(manifest: Manifest, manifests: readonly Manifest[], scope: Scope): Breach[] {
  const workload = runningWorkloadOf(manifest);
  const replicas = workload?.replicas;
  if (workload === undefined || replicas === undefined) return [];
  const bound = partitionsOf(workload, manifests, scope);
  return breachesWhere([
    [
      bound !== undefined && replicas > bound,
      `${replicas} pods, but the widest topic of the group has ${String(bound)} partitions`,
      `lower replicas to ${String(bound)}`,
    ],
  ]).map((breach) => ({
    ...breach,
    object: `${manifest.kind}/${workload.name}`,
  }));
}

/**
 * Returns the number of partitions of the widest topic that a workload's contract consumes; undefined if there is no
 * contract, or no known topic.
 */
function partitionsOf(workload: Workload, manifests: readonly Manifest[], scope: Scope): number | undefined {
  const maps = new Set(workload.template.spec.volumes.flatMap(({ configMap }) => configMap?.name ?? []));
  const contract = manifests
    .filter(
      ({ kind, metadata }) =>
        kind === "ConfigMap" && metadata?.namespace === workload.namespace && maps.has(metadata?.name ?? ""),
    )
    .map((manifest) => fieldOf(manifest.data, CONTRACT_KEY))
    .find((text) => typeof text === "string");
  if (typeof contract !== "string") return undefined;
  const consumes = fieldOf(parsedJson(contract), "consumes");
  const counts = (Array.isArray(consumes) ? consumes : []).flatMap((entry: unknown) => {
    const topic = fieldOf(entry, "topic");
    const declared = typeof topic === "string" ? scope.declarationOf(topic) : undefined;
    return declared === undefined ? [] : [scalePartitions(declared.partitions, scope.stack.topics.partitionFactor)];
  });
  return counts.length === 0 ? undefined : Math.max(...counts);
}
