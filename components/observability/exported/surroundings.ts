import type { ExportedMetrics } from "./exported-metric.ts";

/** Metrics of Strimzi's cluster operator. */
export const operatorMetrics: ExportedMetrics = {
  exporter: "operator",
  metrics: [
    {
      name: "strimzi_certificate_expiration_timestamp_ms",
      type: "gauge",
      labels: ["cluster", "type", "resource_namespace"],
      meaning: "When an authority of the Kafka cluster expires, milliseconds since the epoch",
      only: "kubernetes",
    },
    {
      name: "strimzi_reconciliations_failed_total",
      type: "counter",
      labels: ["kind", "namespace"],
      meaning: "Reconciliations that failed",
      only: "kubernetes",
    },
  ],
};

/** Metrics of the kubelet about volumes. The usual installation of the Prometheus operator reads them. */
export const kubeletMetrics: ExportedMetrics = {
  exporter: "kubelet",
  metrics: [
    {
      name: "kubelet_volume_stats_available_bytes",
      type: "gauge",
      labels: ["namespace", "persistentvolumeclaim"],
      meaning: "Space left on a volume",
      only: "kubernetes",
    },
    {
      name: "kubelet_volume_stats_capacity_bytes",
      type: "gauge",
      labels: ["namespace", "persistentvolumeclaim"],
      meaning: "Size of a volume",
      only: "kubernetes",
    },
  ],
};

/** Metrics that Prometheus records about each target. */
export const prometheusMetrics: ExportedMetrics = {
  exporter: "prometheus",
  metrics: [{ name: "up", type: "gauge", labels: [], meaning: "1 while a target answers scrapes" }],
};
