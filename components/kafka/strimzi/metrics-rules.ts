import { stringify } from "yaml";
import { type Manifest, platformLabels } from "../../kubernetes/manifest.ts";
import { metricsConfigMap } from "./names.ts";

/** A rule of the JMX exporter: beans that match the pattern become a metric. */
interface MetricRule {
  readonly pattern: string;
  readonly name: string;
  readonly type: "COUNTER" | "GAUGE" | "UNTYPED";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: number;
}

/** `domain<type=…, name=…, k=v …>` with so many further keys; groups 1 to 3 are domain, type and name, then key and value by turns. */
function bean(namePattern: string, keys: number): string {
  return `kafka.(\\w+)<type=(.+), name=${namePattern}${", (.+)=(.+)".repeat(keys)}>`;
}

function keyLabels(keys: number, extra: Readonly<Record<string, string>> = {}): Pick<MetricRule, "labels"> {
  const labels = {
    ...Object.fromEntries(Array.from({ length: keys }, (_, index) => [`$${4 + index * 2}`, `$${5 + index * 2}`])),
    ...extra,
  };
  return Object.keys(labels).length === 0 ? {} : { labels };
}

/** Most keys first: the exporter takes the first rule that matches, and fewer keys would match a part. */
const KEYS = [2, 1, 0] as const;

/**
 * The rules by which Kafka's beans become metrics. Names follow the pattern that dashboards and alerts for Kafka
 * use: `kafka_<domain>_<type>_<name>`, in lower case.
 */
export const METRIC_RULES: readonly MetricRule[] = [
  // Replicas that lag, per partition.
  {
    pattern: "kafka.server<type=(.+), name=(.+), clientId=(.+), topic=(.+), partition=(.*)><>Value",
    name: "kafka_server_$1_$2",
    type: "GAUGE",
    labels: { clientId: "$3", topic: "$4", partition: "$5" },
  },
  // Network processors, per listener.
  {
    pattern: "kafka.server<type=(.+), listener=(.+), networkProcessor=(.+)><>(.+-total)",
    name: "kafka_server_$1_$4",
    type: "COUNTER",
    labels: { listener: "$2", networkProcessor: "$3" },
  },
  {
    pattern: "kafka.server<type=(.+), listener=(.+), networkProcessor=(.+)><>(.+)",
    name: "kafka_server_$1_$4",
    type: "GAUGE",
    labels: { listener: "$2", networkProcessor: "$3" },
  },
  // Shares of time, which stand in the mean rate.
  { pattern: `${bean("(.+)Percent\\w*", 0)}<>MeanRate`, name: "kafka_$1_$2_$3_percent", type: "GAUGE" },
  { pattern: `${bean("(.+)Percent\\w*", 0)}<>Value`, name: "kafka_$1_$2_$3_percent", type: "GAUGE" },
  { pattern: `${bean("(.+)Percent\\w*", 1)}<>Value`, name: "kafka_$1_$2_$3_percent", type: "GAUGE", ...keyLabels(1) },
  ...KEYS.map(
    (keys): MetricRule => ({
      pattern: `${bean("(.+)PerSec\\w*", keys)}<>Count`,
      name: "kafka_$1_$2_$3_total",
      type: "COUNTER",
      ...keyLabels(keys),
    }),
  ),
  ...KEYS.map(
    (keys): MetricRule => ({
      pattern: `${bean("(.+)", keys)}<>Value`,
      name: "kafka_$1_$2_$3",
      type: "GAUGE",
      ...keyLabels(keys),
    }),
  ),
  // Histograms: a count, and percentiles as they are.
  ...KEYS.flatMap((keys): MetricRule[] => [
    { pattern: `${bean("(.+)", keys)}<>Count`, name: "kafka_$1_$2_$3_count", type: "COUNTER", ...keyLabels(keys) },
    {
      pattern: `${bean("(.+)", keys)}<>(\\d+)thPercentile`,
      name: "kafka_$1_$2_$3",
      type: "GAUGE",
      ...keyLabels(keys, { quantile: `0.$${4 + keys * 2}` }),
    },
  ]),
  // The quorum of controllers.
  {
    pattern: "kafka.server<type=raft-metrics><>(current-state): (.+)",
    name: "kafka_server_raftmetrics_$1",
    type: "UNTYPED",
    value: 1,
    labels: { $1: "$2" },
  },
  ...(["raft-metrics", "raft-channel-metrics"] as const).flatMap((type): MetricRule[] => {
    const name = `kafka_server_${type.replaceAll("-", "")}_$1`;
    return [
      { pattern: `kafka.server<type=${type}><>(.+-total|.+-max):`, name, type: "COUNTER" },
      { pattern: `kafka.server<type=${type}><>(.+):`, name, type: "GAUGE" },
    ];
  }),
  {
    pattern: "kafka.server<type=broker-metadata-metrics><>(.+):",
    name: "kafka_server_brokermetadatametrics_$1",
    type: "GAUGE",
  },
];

/** ConfigMap that the Kafka resource's `metricsConfig` names. */
export function metricsRules(cluster: string, namespace: string): Manifest {
  const { name, key } = metricsConfigMap(cluster);
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, labels: platformLabels(cluster, "kafka") },
    data: { [key]: stringify({ lowercaseOutputName: true, rules: METRIC_RULES }, { lineWidth: 0 }) },
  };
}
