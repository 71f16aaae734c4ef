import { POSTGRES_NAME, POSTGRES_PODS } from "../../databases/cloud-native-postgres.ts";
import { clusterLabel } from "../../kafka/strimzi/names.ts";
import { OPERATOR_NAME, OPERATOR_PODS } from "../../kafka/strimzi/operator.ts";
import { type Manifest, platformLabels } from "../../kubernetes/manifest.ts";
import { serverSelector } from "../../kubernetes/server.ts";
import type { KubernetesServers } from "../../model/stack/stack-kubernetes.ts";
import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";
import { REGISTRY_NAME } from "../../schemas/registry-address.ts";

/** Strimzi's labels for the kind of a pod. Dashboards and alerts distinguish brokers from controllers by them. */
const STRIMZI_LABELS = [
  { action: "labelmap", regex: "__meta_kubernetes_pod_label_(strimzi_io_.+)" },
  { action: "replace", sourceLabels: ["__meta_kubernetes_pod_name"], targetLabel: "kubernetes_pod_name" },
  // Signals call a broker or controller a node, on every substrate.
  {
    action: "replace",
    sourceLabels: ["__meta_kubernetes_pod_label_strimzi_io_component_type", "__meta_kubernetes_pod_name"],
    regex: "kafka;(.+)",
    targetLabel: "node",
  },
  { action: "replace", sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node_name" },
];

interface Scraped {
  readonly name: string;
  readonly namespace: string;
  readonly component: string;
  readonly pods: Readonly<Record<string, string>>;
  /** Name of the container's port. */
  readonly port: string;
  readonly relabelings?: readonly Record<string, unknown>[];
}

/**
 * Returns the PodMonitors with which the Prometheus operator reads the metrics of brokers, controllers and exporter, of
 * the operator, of the registry, and of PostgreSQL if it runs in the cluster; empty if the stack disables monitors.
 * Services have their own monitors.
 */
export function platformMonitors(
  { namespaces, kafka, strimzi, postgres }: KubernetesServers,
  { monitoring }: KubernetesWorkloadSettings,
): Manifest[] {
  if (!monitoring.podMonitor) return [];
  const scraped: readonly Scraped[] = [
    {
      name: kafka.name,
      namespace: namespaces.kafka,
      component: "kafka",
      pods: { ...clusterLabel(kafka.name), "strimzi.io/kind": "Kafka" },
      port: "tcp-prometheus",
      relabelings: STRIMZI_LABELS,
    },
    ...(strimzi.operator === "existing"
      ? []
      : [
          {
            name: OPERATOR_NAME,
            namespace: namespaces.kafka,
            component: "kafka-operator",
            pods: OPERATOR_PODS,
            port: "management",
          },
        ]),
    {
      name: REGISTRY_NAME,
      namespace: namespaces.platform,
      component: "schema-registry",
      pods: serverSelector(REGISTRY_NAME),
      port: "management",
    },
    ...(postgres.cloudNativePg === undefined
      ? []
      : [
          {
            name: POSTGRES_NAME,
            namespace: namespaces.platform,
            component: "database",
            pods: POSTGRES_PODS,
            port: "metrics",
          },
        ]),
  ];
  return scraped.map(({ name, namespace, component, pods, port, relabelings }) => ({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    metadata: { name, namespace, labels: platformLabels(name, component, monitoring.labels) },
    spec: {
      selector: { matchLabels: pods },
      podMetricsEndpoints: [
        {
          port,
          path: "/metrics",
          interval: `${monitoring.intervalSeconds}s`,
          ...(relabelings === undefined ? {} : { relabelings }),
        },
      ],
    },
  }));
}
