import { isSmall } from "../../../components/model/stack/stack.ts";
import type { Manifest, Rule } from "../../rule.ts";
import { rule } from "../../rule.ts";
import { fieldOf, listOf } from "../../workloads/pods.ts";
import { breachesWhere } from "../../workloads/text.ts";

const kafka = (
  changes: { readonly listener?: string; readonly kafka?: string; readonly spec?: string } = {},
) => `apiVersion: kafka.strimzi.io/v1
kind: Kafka
metadata: {name: kafka, namespace: kafka}
spec:
  kafka:
    listeners: [${changes.listener ?? "{name: services, port: 9093, type: internal, tls: true, authentication: {type: scram-sha-512}}"}]
    ${changes.kafka ?? "authorization: {type: simple}\n    quotas: {type: kafka}\n    rack: {type: topology-label, topologyKey: topology.kubernetes.io/zone}\n    template: {podDisruptionBudget: {maxUnavailable: 1}}"}
  ${changes.spec ?? "clientsCa: {generateCertificateAuthority: false}"}
`;

const APART =
  "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname}]}, nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [a]}]}]}}}";
const pool = (
  changes: {
    readonly placement?: string;
    readonly grace?: number;
    readonly resources?: string;
    readonly heap?: string;
  } = {},
) => `apiVersion: kafka.strimzi.io/v1
kind: KafkaNodePool
metadata: {name: broker-a, namespace: kafka}
spec:
  replicas: 3
  roles: [broker]
  resources: ${changes.resources ?? "{requests: {cpu: '2', memory: 8Gi}, limits: {memory: 8Gi}}"}
  jvmOptions: ${changes.heap ?? "{-Xms: 4096m, -Xmx: 4096m}"}
  template: {pod: {terminationGracePeriodSeconds: ${changes.grace ?? 120}, ${changes.placement ?? APART}}}
  storage: {type: jbod, volumes: [{id: 0, type: persistent-claim, size: 1Ti, deleteClaim: false}]}
`;

/** Minimum seconds for a broker to hand over the leadership of its partitions. */
const SHORTEST_GRACE = 60;
/** Share of a node's memory that its heap may use; the page cache, from which records are served, uses the rest. */
const LARGEST_HEAP_SHARE = 0.5;

/** Rules on the resources from which Strimzi's operator creates a cluster. */
export const workloadKafkaRules: readonly Rule[] = [
  rule({
    id: "workload-kafka-access",
    subject: "workloads",
    level: "error",
    summary: "Every listener of a cluster uses TLS and authentication, and the cluster denies what is not allowed.",
    rationale:
      "Without authorization, every client that reaches a broker may read and delete everything; without TLS, passwords can be intercepted.",
    wrong: { manifest: kafka({ listener: "{name: plain, port: 9092, type: internal, tls: false}" }) },
    right: { manifest: kafka() },
    checks: () => ({
      manifest(manifest) {
        const cluster = clusterOf(manifest);
        if (cluster === undefined) return undefined;
        const listeners = listOf(cluster, "listeners");
        return breachesWhere([
          ...listeners.flatMap((listener) => {
            const name = `listener ${String(fieldOf(listener, "name") ?? "without a name")}`;
            return [
              [fieldOf(listener, "tls") !== true, `${name} does not encrypt`, "set tls: true"],
              [
                fieldOf(fieldOf(listener, "authentication"), "type") === undefined,
                `${name} has no authentication`,
                "set authentication: {type: scram-sha-512} or {type: tls}",
              ],
            ] as const;
          }),
          [
            fieldOf(fieldOf(cluster, "authorization"), "type") === undefined,
            "every client may do everything",
            "set authorization: {type: simple}",
          ],
        ]);
      },
    }),
  }),
  rule({
    id: "workload-kafka-one-owner",
    subject: "workloads",
    level: "error",
    summary:
      "The kit alone manages topics, users, quotas and the clients' certificate authority, not an operator in the cluster.",
    rationale:
      "A Topic or User Operator deletes objects that it does not know; with Strimzi's quota plugin, quotas per principal silently have no effect; a certificate authority of Strimzi cannot sign the administrator's certificate.",
    wrong: { manifest: kafka({ spec: "entityOperator: {topicOperator: {}}" }) },
    right: { manifest: kafka() },
    checks: () => ({
      manifest(manifest) {
        const cluster = clusterOf(manifest);
        if (cluster === undefined) return undefined;
        const quotas = fieldOf(fieldOf(cluster, "quotas"), "type");
        return breachesWhere([
          [
            fieldOf(manifest.spec, "entityOperator") !== undefined,
            "an entity operator would delete topics and users that it does not know",
            "remove entityOperator",
          ],
          [
            quotas !== "kafka",
            `quotas are of type ${String(quotas ?? "Strimzi's default")}`,
            "set quotas: {type: kafka}",
          ],
          [
            fieldOf(fieldOf(manifest.spec, "clientsCa"), "generateCertificateAuthority") !== false,
            "Strimzi generates the clients' certificate authority",
            "set clientsCa: {generateCertificateAuthority: false} and give its Secrets",
          ],
        ]);
      },
    }),
  }),
  rule({
    id: "workload-kafka-spread",
    subject: "workloads",
    level: "error",
    summary:
      "Nodes of a cluster fail one at a time: each runs on its own Kubernetes node, in a zone that Kafka knows, with time to hand over.",
    rationale:
      "Three replicas on one node or in one zone are lost together, and killing a broker before the handover causes an election for each partition that it led. The rule does not apply to an environment with fewer than three replicas.",
    wrong: { manifest: `${pool({ placement: "affinity: {}" })}---\n${kafka()}` },
    right: { manifest: `${pool()}---\n${kafka()}` },
    checks: () => ({
      manifest(manifest, { stack }) {
        if (isSmall(stack)) return undefined;
        const cluster = clusterOf(manifest);
        if (cluster !== undefined) {
          const budget = fieldOf(fieldOf(fieldOf(cluster, "template"), "podDisruptionBudget"), "maxUnavailable");
          return breachesWhere([
            [
              fieldOf(fieldOf(cluster, "rack"), "topologyKey") === undefined,
              "brokers do not know their zones",
              "set rack: {type: topology-label, topologyKey: topology.kubernetes.io/zone}",
            ],
            [
              budget !== 1,
              `${budget === undefined ? "an unspecified number of" : String(budget)} nodes may be down for maintenance at the same time`,
              "set template.podDisruptionBudget.maxUnavailable: 1",
            ],
          ]);
        }
        return manifest.kind === "KafkaNodePool" ? breachesWhere(placementBreaches(manifest.spec)) : undefined;
      },
    }),
  }),
  rule({
    id: "workload-kafka-resources",
    subject: "workloads",
    level: "error",
    summary: "A node of a cluster has equal memory requests and limits, and at most half of the memory is heap.",
    rationale:
      "A node that gets less memory than it requests is killed. Kafka serves records from the page cache, for which a large heap leaves no room.",
    wrong: { manifest: pool({ heap: "{-Xms: 7g, -Xmx: 7g}" }) },
    right: { manifest: pool() },
    checks: () => ({
      manifest: (manifest) =>
        manifest.kind === "KafkaNodePool" ? breachesWhere(resourceBreaches(manifest.spec)) : undefined,
    }),
  }),
];

type Candidate = readonly [broken: boolean, message: string, fix: string];

function clusterOf({ kind, apiVersion, spec }: Manifest): unknown {
  return kind === "Kafka" && apiVersion.startsWith("kafka.strimzi.io/") ? fieldOf(spec, "kafka") : undefined;
}

function placementBreaches(spec: unknown): Candidate[] {
  const pod = fieldOf(fieldOf(spec, "template"), "pod");
  const affinity = fieldOf(pod, "affinity");
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const apart = listOf(fieldOf(affinity, "podAntiAffinity"), required).some(
    (term) => fieldOf(term, "topologyKey") === "kubernetes.io/hostname",
  );
  const held = listOf(fieldOf(fieldOf(affinity, "nodeAffinity"), required), "nodeSelectorTerms").length > 0;
  const spread = listOf(pod, "topologySpreadConstraints").length > 0;
  const grace = fieldOf(pod, "terminationGracePeriodSeconds");
  return [
    [
      !apart,
      "two of its nodes may share a Kubernetes node",
      "add template.pod.affinity.podAntiAffinity over kubernetes.io/hostname, required",
    ],
    [
      !held && !spread,
      "its nodes are neither bound to a zone nor spread over zones",
      "add a nodeAffinity for the pool's zone, or a topologySpreadConstraint",
    ],
    [
      typeof grace !== "number" || grace < SHORTEST_GRACE,
      `${String(grace ?? 30)} s are too short for the handover of a node`,
      "set template.pod.terminationGracePeriodSeconds: 120",
    ],
  ];
}

function resourceBreaches(spec: unknown): Candidate[] {
  const resources = fieldOf(spec, "resources");
  const asked = fieldOf(fieldOf(resources, "requests"), "memory");
  const limit = fieldOf(fieldOf(resources, "limits"), "memory");
  const options = fieldOf(spec, "jvmOptions");
  const [least, most] = [fieldOf(options, "-Xms"), fieldOf(options, "-Xmx")];
  const [heap, memory] = [bytesOf(most), bytesOf(limit)];
  return [
    [
      fieldOf(fieldOf(resources, "requests"), "cpu") === undefined,
      "its nodes have no CPU request",
      "set resources.requests.cpu",
    ],
    [
      asked === undefined || asked !== limit,
      `its nodes request ${String(asked ?? "no")} memory and their limit is ${String(limit ?? "not set")}`,
      "set resources.requests.memory and limits.memory to the same",
    ],
    [
      most === undefined || least !== most,
      `the heap can vary from ${String(least ?? "the JVM's default")} to ${String(most ?? "the JVM's default")}`,
      "set jvmOptions.-Xms and -Xmx to the same",
    ],
    [
      heap !== undefined && memory !== undefined && heap > memory * LARGEST_HEAP_SHARE,
      `a heap of ${String(most)} leaves less than half of ${String(limit)} to the page cache`,
      "lower jvmOptions.-Xmx to half of the memory",
    ],
  ];
}

/**
 * Returns the bytes of a quantity, or undefined: Kubernetes' `8Gi`, or the JVM's `4096m` and `4g`, which are also
 * powers of 1024.
 */
function bytesOf(quantity: unknown): number | undefined {
  const [, count, unit] = /^(\d+)(Ki|Mi|Gi|Ti|k|m|g|)$/i.exec(String(quantity)) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return Number(count) * 1024 ** " kmgt".indexOf(unit.slice(0, 1).toLowerCase() || " ");
}
