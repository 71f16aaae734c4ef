/**
 * Rights of Strimzi's cluster operator as the project publishes them (`install/cluster-operator`, files 020 to 033), and why the kit
 * leaves some of them out. With another release of Strimzi this file is compared with that release's files.
 */

/** One rule of a published role. */
export interface PublishedRule {
  readonly apiGroup: string;
  readonly resources: readonly string[];
  readonly names?: readonly string[];
  readonly verbs: readonly string[];
}

/** A published role, and for whom its rights are. */
export interface PublishedRole {
  readonly file: string;
  /** `namespace`: bound in the namespace that is watched. `cluster`: bound for the whole cluster. */
  readonly scope: "namespace" | "cluster";
  readonly rules: readonly PublishedRule[];
}

/** A published right that the kit does not give. */
export interface LeftOut {
  readonly apiGroup: string;
  readonly resource: string;
  readonly reason: string;
}

/** Release of Strimzi whose files these are. */
export const RIGHTS_OF_VERSION = "1.2.0";

const ALL = ["get", "list", "watch", "create", "delete", "patch", "update"];
const OPERATED = [
  "kafkas",
  "kafkanodepools",
  "kafkaconnects",
  "kafkaconnectors",
  "kafkabridges",
  "kafkamirrormaker2s",
  "kafkarebalances",
];

/** The roles of the published installation, by their names. */
export const PUBLISHED_ROLES: Readonly<Record<string, PublishedRole>> = {
  "strimzi-cluster-operator-namespaced": {
    file: "020",
    scope: "namespace",
    rules: [
      { apiGroup: "rbac.authorization.k8s.io", resources: ["rolebindings", "roles"], verbs: ALL },
      {
        apiGroup: "",
        resources: [
          "pods",
          "serviceaccounts",
          "configmaps",
          "services",
          "endpoints",
          "secrets",
          "persistentvolumeclaims",
        ],
        verbs: ALL,
      },
      { apiGroup: "", resources: ["pods/resize"], verbs: ["patch", "update"] },
      { apiGroup: "apps", resources: ["deployments", "replicasets"], verbs: ALL },
      { apiGroup: "apps", resources: ["deployments/scale"], verbs: ["get", "patch", "update"] },
      { apiGroup: "events.k8s.io", resources: ["events"], verbs: ["create"] },
      { apiGroup: "build.openshift.io", resources: ["buildconfigs", "buildconfigs/instantiate", "builds"], verbs: ALL },
      { apiGroup: "networking.k8s.io", resources: ["networkpolicies", "ingresses"], verbs: ALL },
      { apiGroup: "route.openshift.io", resources: ["routes", "routes/custom-host"], verbs: ALL },
      { apiGroup: "image.openshift.io", resources: ["imagestreams"], verbs: ["get"] },
      { apiGroup: "policy", resources: ["poddisruptionbudgets"], verbs: ALL },
      { apiGroup: "gateway.networking.k8s.io", resources: ["tlsroutes"], verbs: ALL },
    ],
  },
  "strimzi-cluster-operator-global": {
    file: "021",
    scope: "cluster",
    rules: [
      { apiGroup: "rbac.authorization.k8s.io", resources: ["clusterrolebindings"], verbs: ALL },
      { apiGroup: "storage.k8s.io", resources: ["storageclasses"], verbs: ["get"] },
      { apiGroup: "", resources: ["nodes"], verbs: ["list"] },
    ],
  },
  "strimzi-cluster-operator-leader-election": {
    file: "022",
    scope: "namespace",
    rules: [
      { apiGroup: "coordination.k8s.io", resources: ["leases"], verbs: ["create"] },
      {
        apiGroup: "coordination.k8s.io",
        resources: ["leases"],
        names: ["strimzi-cluster-operator"],
        verbs: ["get", "list", "watch", "delete", "patch", "update"],
      },
    ],
  },
  "strimzi-cluster-operator-watched": {
    file: "023",
    scope: "namespace",
    rules: [
      { apiGroup: "", resources: ["pods"], verbs: ["watch", "list"] },
      {
        apiGroup: "kafka.strimzi.io",
        resources: OPERATED,
        verbs: ["get", "list", "watch", "create", "patch", "update"],
      },
      {
        apiGroup: "kafka.strimzi.io",
        resources: OPERATED.map((kind) => `${kind}/status`),
        verbs: ["get", "patch", "update"],
      },
      { apiGroup: "kafka.strimzi.io", resources: OPERATED.map((kind) => `${kind}/finalizers`), verbs: ["update"] },
      { apiGroup: "core.strimzi.io", resources: ["strimzipodsets"], verbs: ALL },
      { apiGroup: "core.strimzi.io", resources: ["strimzipodsets/status"], verbs: ["get", "patch", "update"] },
      { apiGroup: "core.strimzi.io", resources: ["strimzipodsets/finalizers"], verbs: ["update"] },
      { apiGroup: "kafka.strimzi.io", resources: ["kafkarebalances"], verbs: ["delete"] },
    ],
  },
  "strimzi-kafka-broker": {
    file: "030",
    scope: "cluster",
    rules: [{ apiGroup: "", resources: ["nodes"], verbs: ["get"] }],
  },
  "strimzi-entity-operator": {
    file: "031",
    scope: "namespace",
    rules: [
      {
        apiGroup: "kafka.strimzi.io",
        resources: ["kafkatopics"],
        verbs: ["get", "list", "watch", "create", "patch", "update", "delete"],
      },
      {
        apiGroup: "kafka.strimzi.io",
        resources: ["kafkausers"],
        verbs: ["get", "list", "watch", "create", "patch", "update"],
      },
      {
        apiGroup: "kafka.strimzi.io",
        resources: ["kafkatopics/status", "kafkausers/status"],
        verbs: ["get", "patch", "update"],
      },
      {
        apiGroup: "kafka.strimzi.io",
        resources: ["kafkatopics/finalizers", "kafkausers/finalizers"],
        verbs: ["update"],
      },
      { apiGroup: "", resources: ["secrets"], verbs: ALL },
    ],
  },
  "strimzi-kafka-client": {
    file: "033",
    scope: "cluster",
    rules: [{ apiGroup: "", resources: ["nodes"], verbs: ["get"] }],
  },
};

const NO_BUILDS = "Only a KafkaConnect resource with a build on OpenShift uses it; the kit declares none.";
const NO_ENTITY_OPERATOR = "The Kafka resource has no entity operator, and only that one reads these resources.";

/** Published rights that the kit does not give, each with its reason. An entry that nothing needs fails the test. */
export const LEFT_OUT: readonly LeftOut[] = [
  ...["buildconfigs", "buildconfigs/instantiate", "builds"].map(
    (resource): LeftOut => ({ apiGroup: "build.openshift.io", resource, reason: NO_BUILDS }),
  ),
  { apiGroup: "image.openshift.io", resource: "imagestreams", reason: NO_BUILDS },
  ...[
    "kafkatopics",
    "kafkatopics/status",
    "kafkatopics/finalizers",
    "kafkausers",
    "kafkausers/status",
    "kafkausers/finalizers",
  ].map((resource): LeftOut => ({ apiGroup: "kafka.strimzi.io", resource, reason: NO_ENTITY_OPERATOR })),
];
