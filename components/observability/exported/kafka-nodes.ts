import type { ExportedMetric, ExportedMetrics } from "./exported-metric.ts";

/** Returns a gauge. */
const gauge = (name: string, meaning: string, labels: readonly string[] = []): ExportedMetric => ({
  name,
  type: "gauge",
  labels,
  meaning,
});

/** Returns a meter of Kafka. The reporter exports its count, with `_total` after the name. */
const meter = (name: string, meaning: string, labels: readonly string[] = []): ExportedMetric => ({
  name: `${name}_total`,
  type: "counter",
  labels,
  meaning,
});

/**
 * Metrics of brokers and controllers, under the names of Strimzi's metrics reporter: `kafka_<group>_<type>_<name>` in
 * lower case. Kafka's own metrics have their group in place of the type. Besides these, the reporter exports only the
 * JVM's metrics.
 *
 * Request latencies by kind of request are left out: the reporter selects by name alone, and eight series for each of
 * the sixty kinds would be more than all other series.
 */
export const kafkaNodeMetrics: ExportedMetrics = {
  exporter: "kafka-node",
  metrics: [
    gauge("kafka_controller_kafkacontroller_activebrokercount", "Brokers that the active controller counts on"),
    gauge("kafka_controller_kafkacontroller_activecontrollercount", "1 on the active controller, 0 elsewhere"),
    gauge("kafka_controller_kafkacontroller_fencedbrokercount", "Registered brokers that do not answer"),
    gauge("kafka_controller_kafkacontroller_offlinepartitionscount", "Partitions without a leader"),
    meter(
      "kafka_controller_controllerstats_uncleanleaderelectionspersec",
      "Elections of a replica that lacked acknowledged records",
    ),
    gauge("kafka_log_logmanager_offlinelogdirectorycount", "Log directories that cannot be read or written"),
    gauge("kafka_network_requestchannel_requestqueuesize", "Requests that wait for a handler"),
    gauge("kafka_network_socketserver_networkprocessoravgidlepercent", "Share of time the network threads are idle"),
    meter("kafka_server_brokertopicmetrics_bytesinpersec", "Bytes produced; without a topic: all", ["topic"]),
    meter("kafka_server_brokertopicmetrics_bytesoutpersec", "Bytes consumed; without a topic: all", ["topic"]),
    meter("kafka_server_brokertopicmetrics_failedproducerequestspersec", "Produce requests that failed", ["topic"]),
    meter("kafka_server_brokertopicmetrics_messagesinpersec", "Records produced; without a topic: all", ["topic"]),
    gauge("kafka_server_fetch_throttle_time", "Mean delay of a consumer by its quota, in milliseconds", [
      "user",
      "client_id",
    ]),
    gauge("kafka_server_produce_throttle_time", "Mean delay of a producer by its quota, in milliseconds", [
      "user",
      "client_id",
    ]),
    meter(
      "kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent",
      "Nanoseconds the request handlers were idle, divided by their number",
    ),
    meter("kafka_server_replicamanager_isrshrinkspersec", "Replicas that fell out of sync"),
    gauge("kafka_server_replicamanager_leadercount", "Partitions that the broker leads"),
    gauge("kafka_server_replicamanager_partitioncount", "Replicas on the broker"),
    gauge(
      "kafka_server_replicamanager_underminisrpartitioncount",
      "Partitions led here with fewer replicas in sync than writes need",
    ),
    gauge("kafka_server_replicamanager_underreplicatedpartitions", "Partitions led here that lack a replica in sync"),
  ],
};

/** Metrics of the JVM, which the reporter exports whatever its allow list contains. */
export const kafkaJvmMetrics: ExportedMetrics = {
  exporter: "kafka-node",
  metrics: [
    {
      name: "jvm_gc_collection_seconds",
      type: "summary",
      labels: ["gc"],
      meaning: "Time in which the JVM collected garbage",
    },
    gauge("jvm_memory_max_bytes", "Most memory the JVM takes; -1: unlimited", ["area"]),
    gauge("jvm_memory_used_bytes", "Memory the JVM uses", ["area"]),
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      labels: [],
      meaning: "Processor time of the process",
    },
  ],
};

/**
 * Allow list of the reporter. Both substrates share the list, so that a signal has its series on both. An entry is a
 * full name as the reporter compares it, without the suffix of counters.
 */
export const KAFKA_NODE_ALLOW_LIST: readonly string[] = kafkaNodeMetrics.metrics
  .map(({ name }) => name.replace(/_total$/, ""))
  .toSorted();

/** Maximum number of series of a Kafka node, including the JVM's. */
export const MAX_KAFKA_NODE_SERIES = 450;
