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

/** Rules that keep a service answering through roll-outs, maintenance and failures. */
export const workloadAvailabilityRules: readonly Rule[] = [
  rule({
    id: "workload-probes",
    subject: "workloads",
    level: "error",
    summary:
      "Containers tell when they have started, live and are ready, and being ready is not the same question as living.",
    rationale:
      "With one answer for both, a database that is away gets every pod killed, again and again, instead of taken out of service.",
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
    summary: "A pod that is told to end has time to finish, and one that answers requests waits before it starts to.",
    rationale:
      "For some seconds after a pod is told to end, requests still come, because not every node knows yet; and a service drains its consumer and its outbox.",
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
              `container ${container.name} stops answering before the others know`,
              "add lifecycle: {preStop: {sleep: {seconds: 5}}}",
            ],
            [
              grace < wait + drainSeconds,
              `${grace} s are less than ${wait} s of waiting and ${drainSeconds} s of draining`,
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
      "A roll-out never runs fewer pods than wanted, can be taken back, and follows every change of configuration.",
    rationale:
      "Files of a ConfigMap or Secret change under a running process that read them long ago; a checksum in the pod's annotations makes a change a roll-out.",
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
            `the strategy is ${strategy?.type ?? "not said"}`,
            "set strategy: {type: RollingUpdate}",
          ],
          [
            maxUnavailable !== 0 && maxUnavailable !== "0%",
            `a roll-out may take away ${maxUnavailable ?? "25%"} of the pods before new ones are ready`,
            "set rollingUpdate.maxUnavailable: 0",
          ],
          [
            revisionHistoryLimit === undefined || revisionHistoryLimit < 1,
            `${revisionHistoryLimit ?? "an unstated number of"} revisions are kept`,
            "set revisionHistoryLimit to 3",
          ],
          [
            mounts && template.metadata?.annotations === undefined,
            "a change of mounted configuration does not roll pods out",
            "annotate the pod template with a checksum of what it mounts",
          ],
        ]);
      },
    }),
  }),
  rule({
    id: "workload-spread",
    subject: "workloads",
    level: "error",
    summary: "Replicas run on different hosts and are spread over zones.",
    rationale: "Replicas that share a host or a zone are lost together, and were never replicas.",
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
            "replicas may share a host",
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
    summary:
      "Replicated services have a budget of pods that maintenance may take, which neither blocks a node nor spares broken pods.",
    rationale:
      "Without a budget a node pool's upgrade may take every replica at once; with one that allows none, the upgrade never ends.",
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
                message: "maintenance may take every replica at once",
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
              "its budget never lets a pod go: a node cannot be emptied",
              "set maxUnavailable: 1",
            ],
            [
              policy !== "AlwaysAllow",
              "its budget keeps nodes for pods that are broken anyway",
              "set unhealthyPodEvictionPolicy: AlwaysAllow",
            ],
          ]).map((breach) => ({ ...breach, object }));
        });
      },
    }),
  }),
];

/** Two pods and more; a number left out is an autoscaler's. */
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
      `container ${name} has no livenessProbe: one that hangs is never restarted`,
      "add a livenessProbe",
    ],
    [
      readinessProbe === undefined,
      `container ${name} has no readinessProbe: it gets requests before it can answer`,
      "add a readinessProbe",
    ],
    [
      livenessProbe !== undefined && readinessProbe !== undefined && asked(livenessProbe) === asked(readinessProbe),
      `container ${name} is asked the same for readiness and liveness`,
      "ask liveness only whether the process answers",
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
