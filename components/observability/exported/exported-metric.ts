/** A raw metric of an exporter, as in a scrape. Pure data. */

/** Exporter of a metric. Each has its own section in a scrape configuration. */
export type Exporter =
  /** A service, through the library's `/metrics`. */
  | "service"
  /** A Kafka node, through Strimzi's metrics reporter. */
  | "kafka-node"
  /** Kafka Exporter on Kubernetes, or on one machine the kit's own exporter with the same names. */
  | "kafka-exporter"
  /** Strimzi's cluster operator, on Kubernetes only. */
  | "operator"
  /** The kubelet, on Kubernetes only. */
  | "kubelet"
  /** Prometheus itself, with what it records about each target. */
  | "prometheus";

/** Kinds of metrics, as Prometheus names them. */
export type MetricType = "counter" | "gauge" | "histogram" | "summary";

/** A raw metric. Only the expressions of signals use it. Alerts and dashboards use the names that signals record. */
export interface ExportedMetric {
  /** Name as in a scrape, for histograms and summaries without `_bucket`, `_count` and `_sum`. */
  readonly name: string;
  readonly type: MetricType;
  /** Labels that the exporter sets. The labels of the target (`job`, `instance`, `node`) are added to them. */
  readonly labels: readonly string[];
  readonly meaning: string;
  /** The only substrate that has the metric. Default: both have it. */
  readonly only?: "local" | "kubernetes";
}

/** Metrics of one exporter, sorted by name. */
export interface ExportedMetrics {
  readonly exporter: Exporter;
  readonly metrics: readonly ExportedMetric[];
}

/** Returns the names of a metric's series in a scrape. */
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
