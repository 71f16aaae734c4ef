import { CHECKSUM_ANNOTATION, filesDigest } from "../../kubernetes/digest.ts";
import { disruptionBudget } from "../../kubernetes/disruption-budget.ts";
import { type Manifest, platformLabels } from "../../kubernetes/manifest.ts";
import { addresses, allow, type NameService, podsOf, readersOf } from "../../kubernetes/network.ts";
import { containerSecurity, podSecurity } from "../../kubernetes/pod-security.ts";
import { pullPolicyOf } from "../../kubernetes/pull-policy.ts";
import { podScheduling } from "../../kubernetes/scheduling.ts";
import { serviceAccount } from "../../kubernetes/service-account.ts";
import { kafkaVersions } from "../../model/stack/stack-kafka.ts";
import type { PodSettings } from "../../model/stack/stack-pods.ts";
import { STRIMZI_VERSION } from "./names.ts";

/** Input of the operator's installation. */
export interface OperatorInput {
  /** Namespace of the operator. The operator watches only this one. */
  readonly namespace: string;
  /** Name of the Kafka resource that the operator runs. */
  readonly cluster: string;
  readonly image: string | undefined;
  /** Kafka images by version, if they are not Strimzi's own. */
  readonly kafkaImages: Readonly<Partial<Record<string, string>>> | undefined;
  readonly pods: PodSettings;
  /** Addresses of the Kubernetes API. */
  readonly apiServers: readonly string[];
  /** Ports of the Kubernetes API. */
  readonly apiServerPorts: readonly number[];
  readonly dns: NameService;
  /** Namespaces whose pods read the operator's metrics. */
  readonly metricsReaders: readonly string[];
}

/** Name of the operator's Deployment, account and roles. */
export const OPERATOR_NAME = "strimzi-cluster-operator";
/** Labels of the operator's pods. */
export const OPERATOR_PODS = { name: OPERATOR_NAME, "strimzi.io/kind": "cluster-operator" };
const OPERATOR_PORT = 8_080;
/** Image of the operator if the stack names none. */
export const OPERATOR_IMAGE = `quay.io/strimzi/operator:${STRIMZI_VERSION}`;

const ALL = ["get", "list", "watch", "create", "delete", "patch", "update"];
const WATCH = ["get", "list", "watch"];

/** Plural names of the resource kinds that the operator reconciles. */
const OPERATED = [
  "kafkas",
  "kafkanodepools",
  "kafkaconnects",
  "kafkaconnectors",
  "kafkabridges",
  "kafkamirrormaker2s",
  "kafkarebalances",
];

/**
 * Rights of the operator in its namespace. A missing right shows only under the real operator: in each reconciliation
 * it lists routes of every kind that the API serves, and one refusal (403) ends the whole reconciliation.
 * test/unit/kubernetes/strimzi-rights.ts holds the rights of Strimzi's own installation, with a reason for each right
 * that is missing here.
 */
const NAMESPACE_RULES = [
  {
    apiGroups: [""],
    resources: ["pods", "serviceaccounts", "configmaps", "services", "endpoints", "secrets", "persistentvolumeclaims"],
    verbs: ALL,
  },
  { apiGroups: [""], resources: ["pods/resize"], verbs: ["patch", "update"] },
  { apiGroups: ["apps"], resources: ["deployments", "replicasets"], verbs: ALL },
  { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["get", "patch", "update"] },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies", "ingresses"], verbs: ALL },
  { apiGroups: ["gateway.networking.k8s.io"], resources: ["tlsroutes"], verbs: ALL },
  { apiGroups: ["route.openshift.io"], resources: ["routes", "routes/custom-host"], verbs: ALL },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ALL },
  { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"], verbs: ALL },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"] },
  { apiGroups: ["kafka.strimzi.io"], resources: OPERATED, verbs: [...WATCH, "create", "patch", "update"] },
  {
    apiGroups: ["kafka.strimzi.io"],
    resources: OPERATED.map((kind) => `${kind}/status`),
    verbs: ["get", "patch", "update"],
  },
  { apiGroups: ["kafka.strimzi.io"], resources: OPERATED.map((kind) => `${kind}/finalizers`), verbs: ["update"] },
  // The operator removes the rebalances that it starts when brokers are added or removed.
  { apiGroups: ["kafka.strimzi.io"], resources: ["kafkarebalances"], verbs: ["delete"] },
  { apiGroups: ["core.strimzi.io"], resources: ["strimzipodsets"], verbs: ALL },
  { apiGroups: ["core.strimzi.io"], resources: ["strimzipodsets/status"], verbs: ["get", "patch", "update"] },
  { apiGroups: ["core.strimzi.io"], resources: ["strimzipodsets/finalizers"], verbs: ["update"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: [OPERATOR_NAME],
    verbs: ["get", "list", "watch", "delete", "patch", "update"],
  },
];

/**
 * Cluster-wide rights of the operator: it reads whether disks can grow and where nodes are, and it allows brokers to
 * read their node's zone.
 */
const CLUSTER_RULES = [
  { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["get"] },
  { apiGroups: [""], resources: ["nodes"], verbs: ["list"] },
  { apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterrolebindings"], verbs: ALL },
];

/** Name of the role that the operator binds to brokers. The operator requires this name. */
const BROKER_ROLE = "strimzi-kafka-broker";
const rbac = "rbac.authorization.k8s.io";

/**
 * Returns the role with which brokers read their node's zone. The operator knows it by a fixed name, so all
 * installations of a cluster share it, like the resource definitions.
 */
export function brokerRole(): Manifest {
  const rules = [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }];
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name: BROKER_ROLE, labels: platformLabels(OPERATOR_NAME, "kafka-operator") },
    rules,
  };
}

/**
 * Returns the binding that gives brokers their role. It equals the operator's own binding except for the labels, which
 * the operator adds. The operator removes the binding when the Kafka resource is deleted. When an installation is
 * destroyed, the operator is removed before that, and would leave its binding behind.
 */
function brokersBinding({ cluster, namespace }: OperatorInput): Manifest {
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: `strimzi-${namespace}-${cluster}-kafka-init` },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: BROKER_ROLE },
    subjects: [{ kind: "ServiceAccount", name: `${cluster}-kafka`, namespace }],
  };
}

/**
 * Returns the manifests of the operator: account, roles, configuration, disruption budget, network policy, and last its
 * Deployment. Its CRDs and {@link brokerRole} are applied before.
 */
export function operatorManifests(input: OperatorInput): Manifest[] {
  const { namespace } = input;
  const labels = platformLabels(OPERATOR_NAME, "kafka-operator");
  const subjects = [{ kind: "ServiceAccount", name: OPERATOR_NAME, namespace }];
  const role = (kind: string, name: string) => ({ apiGroup: rbac, kind, name });
  const local = { name: OPERATOR_NAME, namespace, labels };
  // Two installations in one cluster must not share cluster-wide objects.
  const global = `${OPERATOR_NAME}-${namespace}`;
  return [
    serviceAccount(local),
    { apiVersion: `${rbac}/v1`, kind: "Role", metadata: local, rules: NAMESPACE_RULES },
    { apiVersion: `${rbac}/v1`, kind: "RoleBinding", metadata: local, roleRef: role("Role", OPERATOR_NAME), subjects },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: global, labels }, rules: CLUSTER_RULES },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: global, labels },
      roleRef: role("ClusterRole", global),
      subjects,
    },
    // Kubernetes allows an account to grant only rights that it has.
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: `${global}-broker`, labels },
      roleRef: role("ClusterRole", BROKER_ROLE),
      subjects,
    },
    brokersBinding(input),
    { apiVersion: "v1", kind: "ConfigMap", metadata: local, data: { "log4j2.properties": LOGGING } },
    disruptionBudget(local, OPERATOR_PODS),
    allow({
      metadata: local,
      pods: OPERATOR_PODS,
      dns: input.dns,
      from: readersOf(input.metricsReaders, OPERATOR_PORT),
      to: [
        { peers: addresses(input.apiServers), ports: input.apiServerPorts },
        { peers: [podsOf(namespace)], ports: [] },
      ],
    }),
    deployment(input, labels),
  ];
}

const LOGGING = [
  "name = operator",
  "monitorInterval = 30",
  "appender.console.type = Console",
  "appender.console.name = STDOUT",
  "appender.console.layout.type = PatternLayout",
  "appender.console.layout.pattern = %d{ISO8601} %-5p %c{1}:%L - %m%n",
  "rootLogger.level = INFO",
  "rootLogger.appenderRefs = stdout",
  "rootLogger.appenderRef.console.ref = STDOUT",
  "logger.kafka.name = org.apache.kafka",
  "logger.kafka.level = WARN",
  "",
].join("\n");

function deployment(input: OperatorInput, labels: Record<string, string>): Manifest {
  const { namespace } = input;
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: OPERATOR_NAME, namespace, labels },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 3,
      // Two operators at once do no harm, because only the leader acts.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: OPERATOR_PODS },
      template: {
        metadata: {
          labels: { ...labels, ...OPERATOR_PODS },
          annotations: { [CHECKSUM_ANNOTATION]: filesDigest({ files: [["log4j2.properties", LOGGING]], schemas: [] }) },
        },
        spec: {
          serviceAccountName: OPERATOR_NAME,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...podScheduling(input.pods),
          // The image sets its own user, with an id below those of the kit's pods.
          securityContext: { runAsNonRoot: podSecurity.runAsNonRoot, seccompProfile: podSecurity.seccompProfile },
          volumes: [
            {
              name: "kube-api-access",
              projected: {
                defaultMode: 0o444,
                sources: [
                  { serviceAccountToken: { path: "token", expirationSeconds: 3_607 } },
                  { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
                  {
                    downwardAPI: {
                      items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
                    },
                  },
                ],
              },
            },
            { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
            { name: "configuration", configMap: { name: OPERATOR_NAME } },
          ],
          containers: [
            {
              name: OPERATOR_NAME,
              image: input.image ?? OPERATOR_IMAGE,
              imagePullPolicy: pullPolicyOf(input.image ?? OPERATOR_IMAGE),
              args: ["/opt/strimzi/bin/cluster_operator_run.sh"],
              ports: [{ name: "management", containerPort: OPERATOR_PORT, protocol: "TCP" }],
              env: [
                { name: "STRIMZI_NAMESPACE", ...field("metadata.namespace") },
                { name: "STRIMZI_OPERATOR_NAMESPACE", ...field("metadata.namespace") },
                { name: "STRIMZI_LEADER_ELECTION_ENABLED", value: "true" },
                { name: "STRIMZI_LEADER_ELECTION_LEASE_NAME", value: OPERATOR_NAME },
                { name: "STRIMZI_LEADER_ELECTION_LEASE_NAMESPACE", ...field("metadata.namespace") },
                { name: "STRIMZI_LEADER_ELECTION_IDENTITY", ...field("metadata.name") },
                // Brokers, controllers, Cruise Control and the exporter also run at the level "restricted".
                { name: "STRIMZI_POD_SECURITY_PROVIDER_CLASS", value: "restricted" },
                { name: "STRIMZI_FULL_RECONCILIATION_INTERVAL_MS", value: "120000" },
                { name: "STRIMZI_OPERATION_TIMEOUT_MS", value: "300000" },
                ...imageVariables(input),
              ],
              volumeMounts: [
                { name: "kube-api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
                { name: "tmp", mountPath: "/tmp" },
                { name: "configuration", mountPath: "/opt/strimzi/custom-config/", readOnly: true },
              ],
              startupProbe: {
                httpGet: { path: "/healthy", port: "management" },
                periodSeconds: 2,
                failureThreshold: 60,
              },
              livenessProbe: { httpGet: { path: "/healthy", port: "management" }, periodSeconds: 30 },
              readinessProbe: { httpGet: { path: "/ready", port: "management" }, periodSeconds: 30 },
              resources: {
                requests: { cpu: "200m", memory: "384Mi", "ephemeral-storage": "64Mi" },
                limits: { cpu: "1", memory: "384Mi", "ephemeral-storage": "256Mi" },
              },
              securityContext: containerSecurity,
            },
          ],
        },
      },
    },
  };
}

function imageVariables({ image, kafkaImages }: OperatorInput): { name: string; value: string }[] {
  const versions = Object.keys(kafkaVersions);
  const imageOf = (version: string) =>
    kafkaImages?.[version] ?? `quay.io/strimzi/kafka:${STRIMZI_VERSION}-kafka-${version}`;
  const byVersion = versions.map((version) => `${version}=${imageOf(version)}`).join("\n");
  const newest = imageOf(versions.at(-1) ?? "");
  const operator = image ?? OPERATOR_IMAGE;
  return [
    { name: "STRIMZI_KAFKA_IMAGES", value: byVersion },
    // The operator refuses to start without these two variables, although the kit uses neither.
    { name: "STRIMZI_KAFKA_CONNECT_IMAGES", value: byVersion },
    { name: "STRIMZI_KAFKA_MIRROR_MAKER_2_IMAGES", value: byVersion },
    { name: "STRIMZI_DEFAULT_KAFKA_EXPORTER_IMAGE", value: newest },
    { name: "STRIMZI_DEFAULT_CRUISE_CONTROL_IMAGE", value: newest },
    { name: "STRIMZI_DEFAULT_KAFKA_INIT_IMAGE", value: operator },
  ];
}
