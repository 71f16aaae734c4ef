import * as z from "zod";
import type { Manifest, Rule } from "../../rule.ts";
import { rule, ruleWith } from "../../rule.ts";
import type { Container, Workload } from "../../workloads/pods.ts";
import { fieldOf, matchLabelsOf, runningWorkloadOf, selectsLabels } from "../../workloads/pods.ts";
import { breachesWhere, podYaml } from "../../workloads/text.ts";

const BUDGET = `---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: order-service, namespace: services}
spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app.kubernetes.io/name: order-service}}}
`;

/** Rules that keep a service available during rollouts, maintenance and failures. */
export const workloadAvailabilityRules: readonly Rule[] = [
  rule({
    id: "workload-probes",
    subject: "workloads",
    level: "error",
    summary: "Containers have startup, liveness and readiness probes, and readiness and liveness use different checks.",
    rationale:
      "With one check for both, an unavailable database causes restarts of every pod, again and again, instead of taking the pods out of service.",
    wrong: {
      manifest: podYaml({
        probes:
          "livenessProbe: {httpGet: {path: /health}}\n          readinessProbe: {httpGet: {path: /health}}\n          startupProbe: {httpGet: {path: /health}}",
      }),
    },
    right: { manifest: podYaml({}) },
    checks: () => ({
      manifest(manifest) {
        const workload = runningWorkloadOf(manifest);
        return workload?.template.spec.containers.flatMap((container) => breachesWhere(probeBreaches(container)));
      },
    }),
  }),
  ruleWith({
    id: "workload-graceful-end",
    subject: "workloads",
    level: "error",
    summary: "A pod has enough time to terminate, and a pod that serves requests delays its shutdown.",
    rationale:
      "For some seconds after the termination signal, requests still arrive, because not every node knows yet. The service also needs time to drain its consumer and outbox.",
    parameters: z.strictObject({ drainSeconds: z.int().min(0).default(10) }),
    wrong: { manifest: podYaml({}).replace("terminationGracePeriodSeconds: 20", "terminationGracePeriodSeconds: 5") },
    right: { manifest: podYaml({}) },
    checks: ({ drainSeconds }) => ({
      manifest(manifest) {
        const workload = runningWorkloadOf(manifest);
        if (workload === undefined) return undefined;
        const { containers, terminationGracePeriodSeconds: grace = 30 } = workload.template.spec;
        return containers.flatMap((container) => {
          const serves = container.ports.some(({ name }) => name === "http" || name === "https");
          const wait = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
          return breachesWhere([
            [
              serves && container.lifecycle?.preStop === undefined,
              `container ${container.name} stops before other nodes know`,
              "add lifecycle: {preStop: {sleep: {seconds: 5}}}",
            ],
            [
              grace < wait + drainSeconds,
              `${grace} s are less than ${wait} s of delay and ${drainSeconds} s of draining`,
              `set terminationGracePeriodSeconds to ${wait + drainSeconds + 5} or more`,
            ],
          ]);
        });
      },
    }),
  }),
  rule({
    id: "workload-rollout",
    subject: "workloads",
    level: "error",
    summary:
      "A rollout never runs fewer pods than configured, can be rolled back, and follows every configuration change.",
    rationale:
      "A running process does not notice changed files of a ConfigMap or Secret; a checksum in the pod's annotations turns a change into a rollout.",
    wrong: { manifest: podYaml({}).replace("maxUnavailable: 0", "maxUnavailable: 1") },
    right: { manifest: podYaml({}) },
    checks: () => ({
      manifest(manifest) {
        const workload = manifest.kind === "Deployment" ? runningWorkloadOf(manifest) : undefined;
        if (workload === undefined) return undefined;
        const { strategy, revisionHistoryLimit, template } = workload;
        const mounts = template.spec.volumes.some(
          ({ secret, configMap }) => secret !== undefined || configMap !== undefined,
        );
        const maxUnavailable = strategy?.rollingUpdate?.maxUnavailable;
        return breachesWhere([
          [
            strategy?.type !== "RollingUpdate",
            `the strategy is ${strategy?.type ?? "not set"}`,
            "set strategy: {type: RollingUpdate}",
          ],
          [
            maxUnavailable !== 0 && maxUnavailable !== "0%",
            `a rollout may remove ${maxUnavailable ?? "25%"} of the pods before new ones are ready`,
            "set rollingUpdate.maxUnavailable: 0",
          ],
          [
            revisionHistoryLimit === undefined || revisionHistoryLimit < 1,
            `${revisionHistoryLimit ?? "an unstated number of"} revisions are kept`,
            "set revisionHistoryLimit to 3",
          ],
          [
            mounts && template.metadata?.annotations === undefined,
            "a change of mounted configuration does not cause a rollout",
            "annotate the pod template with a checksum of its mounted configuration",
          ],
        ]);
      },
    }),
  }),
  rule({
    id: "workload-spread",
    subject: "workloads",
    level: "error",
    summary: "Replicas run on different nodes and are spread over zones.",
    rationale: "Replicas that share a node or a zone are lost together.",
    wrong: {
      manifest: podYaml({ placement: "topologySpreadConstraints: [{topologyKey: topology.kubernetes.io/zone}]" }),
    },
    right: { manifest: podYaml({}) },
    checks: () => ({
      manifest(manifest) {
        const workload = runningWorkloadOf(manifest);
        if (workload === undefined || !isReplicated(workload)) return undefined;
        const { affinity, topologySpreadConstraints } = workload.template.spec;
        const terms = [
          ...(affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
          ...(affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
            ({ podAffinityTerm }) => podAffinityTerm,
          ),
          ...topologySpreadConstraints,
        ];
        const over = (key: string) => terms.some((term) => term?.topologyKey === key);
        return breachesWhere([
          [
            !over("kubernetes.io/hostname"),
            "replicas may share a node",
            "add a podAntiAffinity over kubernetes.io/hostname",
          ],
          [
            !over("topology.kubernetes.io/zone"),
            "replicas may all be in one zone",
            "add a topologySpreadConstraint over topology.kubernetes.io/zone",
          ],
        ]);
      },
    }),
  }),
  rule({
    id: "workload-disruption-budget",
    subject: "workloads",
    level: "error",
    summary: "Replicated services have a disruption budget that neither blocks a node nor protects broken pods.",
    rationale:
      "Without a budget, a node pool upgrade may evict all replicas at once; with a budget that allows none, the upgrade never ends.",
    wrong: { manifest: podYaml({}) },
    right: { manifest: `${podYaml({})}${BUDGET}` },
    checks: () => ({
      manifests(manifests) {
        return manifests.flatMap((manifest) => {
          const workload = runningWorkloadOf(manifest);
          if (workload === undefined || manifest.kind === "DaemonSet" || !isReplicated(workload)) return [];
          const budget = budgetOf(manifests, workload);
          const object = `${manifest.kind}/${workload.name}`;
          if (budget === undefined)
            return [
              {
                object,
                message: "maintenance may evict all replicas at once",
                fix: "add a PodDisruptionBudget that selects its pods",
              },
            ];
          const [most, least, policy] = ["maxUnavailable", "minAvailable", "unhealthyPodEvictionPolicy"].map((field) =>
            fieldOf(budget.spec, field),
          );
          return breachesWhere([
            [
              most === 0 ||
                most === "0%" ||
                least === "100%" ||
                (typeof least === "number" && least >= (workload.replicas ?? Number.POSITIVE_INFINITY)),
              "its budget never allows an eviction: a node cannot be drained",
              "set maxUnavailable: 1",
            ],
            [
              policy !== "AlwaysAllow",
              "its budget blocks nodes for pods that are already broken",
              "set unhealthyPodEvictionPolicy: AlwaysAllow",
            ],
          ]).map((breach) => ({ ...breach, object }));
        });
      },
    }),
  }),
];

/** Returns whether a workload has two pods or more. If it sets no number, an autoscaler does. */
function isReplicated({ kind, replicas }: Workload): boolean {
  return kind !== "DaemonSet" && (replicas === undefined || replicas >= 2);
}

function probeBreaches({ name, startupProbe, livenessProbe, readinessProbe }: Container) {
  const asked = (probe: Container["livenessProbe"]) =>
    JSON.stringify({
      ...probe,
      periodSeconds: 0,
      timeoutSeconds: 0,
      failureThreshold: 0,
      successThreshold: 0,
      initialDelaySeconds: 0,
    });
  return [
    [
      startupProbe === undefined,
      `container ${name} has no startupProbe: a slow start is killed by the liveness probe`,
      "add a startupProbe on the liveness path",
    ],
    [
      livenessProbe === undefined,
      `container ${name} has no livenessProbe: a hanging container is never restarted`,
      "add a livenessProbe",
    ],
    [
      readinessProbe === undefined,
      `container ${name} has no readinessProbe: it gets requests before it can answer`,
      "add a readinessProbe",
    ],
    [
      livenessProbe !== undefined && readinessProbe !== undefined && asked(livenessProbe) === asked(readinessProbe),
      `container ${name} uses the same check for readiness and liveness`,
      "let liveness check only whether the process answers",
    ],
  ] as const;
}

function budgetOf(manifests: readonly Manifest[], { namespace, template }: Workload): Manifest | undefined {
  return manifests.find((candidate) => {
    if (candidate.kind !== "PodDisruptionBudget" || candidate.metadata?.namespace !== namespace) return false;
    const labels = matchLabelsOf(fieldOf(candidate.spec, "selector"));
    return labels !== undefined && selectsLabels(labels, template.metadata?.labels);
  });
}
