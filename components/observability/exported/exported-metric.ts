/** What an exporter shows: a raw metric, as a scrape has it. Pure data. */

/** Who exports a metric. Each is a place of its own in a scrape configuration. */
export type Exporter =
  /** A service, by the library's `/metrics`. */
  | "service"
  /** A Kafka node, by Strimzi's metrics reporter. */
  | "kafka-node"
  /** Kafka Exporter on Kubernetes, the kit's own exporter of the same names on one machine. */
  | "kafka-exporter"
  /** Strimzi's cluster operator; Kubernetes only. */
  | "operator"
  /** The kubelet; Kubernetes only. */
  | "kubelet"
  /** Prometheus itself: what it notes about each target. */
  | "prometheus";

/** Kinds of metrics, as Prometheus names them. */
export type MetricType = "counter" | "gauge" | "histogram" | "summary";

/** A raw metric. Only expressions of signals name it: alerts and dashboards use the names that signals record. */
export interface ExportedMetric {
  /** As it stands in a scrape; of histograms and summaries without `_bucket`, `_count` and `_sum`. */
  readonly name: string;
  readonly type: MetricType;
  /** Labels that the exporter gives it. Labels of the target (`job`, `instance`, `node`) come on top. */
  readonly labels: readonly string[];
  readonly meaning: string;
  /** Where it exists only on one substrate. Absent: on both. */
  readonly only?: "local" | "kubernetes";
}

/** Metrics of one exporter, sorted by name. */
export interface ExportedMetrics {
  readonly exporter: Exporter;
  readonly metrics: readonly ExportedMetric[];
}

/** Names of the series that a metric has in a scrape. */
export function seriesNames({ name, type }: ExportedMetric): readonly string[] {
  switch (type) {
    case "histogram":
      return [`${name}_bucket`, `${name}_count`, `${name}_sum`];
    case "summary":
      return [name, `${name}_count`, `${name}_sum`];
    default:
      return [name];
  }
}
