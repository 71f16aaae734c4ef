import { describe, expect, it } from "vitest";
import { parseManifests } from "../../../policies/manifests.ts";
import type { Breach, Breaches, Example, Manifest, Rule } from "../../../policies/rule.ts";
import { workloadRules } from "../../../policies/rules/workloads/workloads.ts";
import { podYaml } from "../../../policies/workloads/text.ts";
import { STACK, scopeWith } from "./workload-scope.ts";

const PARTITIONS = { "order-events": 30, "payment-events": 4 };

/** What a rule says to an example. */
function breachesOf(
  rule: Rule,
  example: Example,
  partitions: Readonly<Record<string, number>> = PARTITIONS,
): readonly Breach[] {
  const checks = rule.checks({});
  const scope = scopeWith(partitions);
  const manifests = parseManifests("example.yaml", example.manifest ?? "").map(({ manifest }) => manifest);
  return [
    ...manifests.flatMap((manifest) => listed(checks.manifest?.(manifest, scope))),
    ...listed(checks.manifests?.(manifests, scope)),
  ];
}

function listed(breaches: Breaches): readonly Breach[] {
  if (breaches === undefined) return [];
  return "message" in breaches ? [breaches] : breaches;
}

function ruleCalled(id: string): Rule {
  const rule = workloadRules.find((candidate) => candidate.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

/** The good pod with one line changed. */
function changed(from: string, to: string): Example {
  const text = podYaml({});
  if (!text.includes(from)) throw new Error(`the sample has no ${from}`);
  return { manifest: text.replace(from, to) };
}

describe("what each rule sees", () => {
  it.each([
    ["workload-pod-security", changed("runAsUser: 10001", "runAsUser: 1000"), "runs as user 1000"],
    ["workload-pod-security", changed("runAsNonRoot: true", "runAsNonRoot: false"), "may run as root"],
    [
      "workload-pod-security",
      changed("seccompProfile: {type: RuntimeDefault}", "fsGroup: 1"),
      "no filter on system calls",
    ],
    ["workload-pod-security", changed("drop: [ALL]", "drop: [ALL], add: [SYS_ADMIN]"), "adds capabilities SYS_ADMIN"],
    [
      "workload-pod-security",
      changed("serviceAccountName", "hostNetwork: true\n      serviceAccountName"),
      "hostNetwork shares",
    ],
    [
      "workload-pod-security",
      changed("volumes: [", "volumes: [{name: docker, hostPath: {path: /var/run}}, "),
      "directory of the node",
    ],
    [
      "workload-pod-security",
      changed("containerPort: 8080", "containerPort: 8080, hostPort: 80"),
      "takes port 80 of the node",
    ],
    ["workload-read-only-root", changed("volumes: [", "volumes: [{name: tmp, emptyDir: {}}, "), "has no size limit"],
    [
      "workload-service-account",
      changed("automountServiceAccountToken: false", "automountServiceAccountToken: true"),
      "mount their service account's token",
    ],
    ["workload-resources", changed(", ephemeral-storage: 64Mi}", "}"), "no requests of ephemeral-storage"],
    [
      "workload-plain-secret",
      { manifest: podYaml({ env: "[{name: PAYMENT_API_KEY, value: abc}]" }) },
      "PAYMENT_API_KEY as a plain variable",
    ],
    [
      "workload-plain-secret",
      { manifest: podYaml({ env: "[{name: DATABASE_URL, value: 'postgres://app:hunter2@db/app'}]" }) },
      "DATABASE_URL as a plain variable",
    ],
    [
      "workload-plain-secret",
      { manifest: podYaml({ env: "[{name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: k}}}]" }) },
      "as a variable",
    ],
    [
      "workload-plain-secret",
      changed("ports: [", "args: [--db-password=hunter2]\n          ports: ["),
      "as an argument",
    ],
    [
      "workload-plain-secret",
      {
        manifest:
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {jwks.json: \'{"keys":[{"kty":"EC","d":"0123456789abcdef0123456789"}]}\'}\n',
      },
      "contains a secret in a ConfigMap",
    ],
    ["workload-probes", { manifest: podYaml({ probes: "" }) }, "no startupProbe"],
    [
      "workload-graceful-end",
      changed("lifecycle: {preStop: {sleep: {seconds: 5}}}", ""),
      "stops before other nodes know",
    ],
    ["workload-rollout", changed("revisionHistoryLimit: 3", "revisionHistoryLimit: 0"), "0 revisions are kept"],
    [
      "workload-rollout",
      changed(", annotations: {event-platform/config-checksum: 5feceb66}", ""),
      "does not cause a rollout",
    ],
    [
      "workload-spread",
      changed(
        "podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname}]}",
        "",
      ),
      "may share a node",
    ],
    [
      "workload-exposure",
      {
        manifest:
          "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{host: a.example.com}]}\n",
      },
      "a.example.com is served without TLS",
    ],
    [
      "workload-cluster-role",
      {
        manifest:
          "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: [{resources: [secrets], verbs: [get]}]\n",
      },
      "reading every Secret",
    ],
  ])("%s: %#", (id, example, message) => {
    expect(
      breachesOf(ruleCalled(id), example)
        .map((breach) => breach.message)
        .join("\n"),
    ).toContain(message);
  });

  it("lets a small environment lose its data", () => {
    const small = { ...scopeWith(), stack: { ...STACK, topics: { ...STACK.topics, replicationFactor: 1 } } };
    const pool: Manifest = {
      apiVersion: "kafka.strimzi.io/v1",
      kind: "KafkaNodePool",
      spec: { storage: { type: "persistent-claim", deleteClaim: true } },
    };
    const { manifest: check } = ruleCalled("workload-kept-volumes").checks({});
    expect(check?.(pool, small)).toBeUndefined();
    expect(check?.(pool, scopeWith())).toHaveLength(1);
  });
});

describe("the autoscaler's bound", () => {
  const contract = (topics: readonly string[]): Manifest => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "order-service-config", namespace: "services" },
    data: { "kafka-contract.json": JSON.stringify({ consumes: topics.map((topic) => ({ topic, events: [] })) }) },
  });
  const deployment = parseManifests(
    "sample",
    podYaml({})
      .replace("  replicas: 2\n", "")
      .replace("volumes: [", "volumes: [{name: config, configMap: {name: order-service-config}}, "),
  ).map(({ manifest }) => manifest);
  const scaler = (max: number): Manifest => ({
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "order-service", namespace: "services" },
    spec: { scaleTargetRef: { name: "order-service" }, minReplicaCount: 2, maxReplicaCount: max },
  });
  const judged = (max: number, topics: readonly string[]) =>
    listed(
      ruleCalled("workload-autoscaler")
        .checks({})
        .manifests?.([...deployment, contract(topics), scaler(max)], scopeWith(PARTITIONS)),
    ).map(({ message }) => message);

  it("is the widest topic that the service's contract consumes, as the stack scales it", () => {
    expect(judged(30, ["order-events", "payment-events"])).toEqual([]);
    expect(judged(31, ["order-events", "payment-events"])).toEqual([
      "up to 31 pods, but the widest topic of the group has 30 partitions",
    ]);
    expect(judged(5, ["payment-events"])).toEqual(["up to 5 pods, but the widest topic of the group has 4 partitions"]);
  });

  it("is not judged where no contract is known", () => {
    expect(judged(99, ["unheard-of"])).toEqual([]);
  });
});
