import type { Signal } from "../signal.ts";

/** Signals of the cluster as a whole. */
const cluster: readonly Signal[] = [
  {
    name: "cluster:offline_partitions:sum",
    meaning: "Partitions without a leader",
    unit: "partitions",
    labels: [],
    expression: "sum(kafka_controller_kafkacontroller_offlinepartitionscount)",
  },
  {
    name: "cluster:active_controllers:sum",
    meaning: "Controllers that take themselves for the active one",
    unit: "count",
    labels: [],
    expression: "sum(kafka_controller_kafkacontroller_activecontrollercount)",
  },
  {
    name: "cluster:brokers_active:max",
    meaning: "Brokers that the active controller counts on",
    unit: "count",
    labels: [],
    expression: "max(kafka_controller_kafkacontroller_activebrokercount)",
  },
  {
    name: "cluster:brokers_fenced:max",
    meaning: "Brokers that are registered and do not answer",
    unit: "count",
    labels: [],
    expression: "max(kafka_controller_kafkacontroller_fencedbrokercount)",
  },
  {
    name: "cluster:unclean_elections:increase15m",
    meaning: "Elections in fifteen minutes of a replica that lacked acknowledged records",
    unit: "count",
    labels: [],
    expression: "sum(increase(kafka_controller_controllerstats_uncleanleaderelectionspersec_total[15m]))",
  },
];

/** Signals of each Kafka node. */
const nodes: readonly Signal[] = [
  {
    name: "node:under_min_isr_partitions:max",
    meaning: "Partitions that take no writes: fewer replicas are in sync than the topic demands",
    unit: "partitions",
    labels: ["node"],
    expression: "max by (node) (kafka_server_replicamanager_underminisrpartitioncount)",
  },
  {
    name: "node:under_replicated_partitions:max",
    meaning: "Partitions that lack a replica in sync",
    unit: "partitions",
    labels: ["node"],
    expression: "max by (node) (kafka_server_replicamanager_underreplicatedpartitions)",
  },
  {
    name: "node:isr_shrinks:rate5m",
    meaning: "Replicas that fall out of sync",
    unit: "per second",
    labels: ["node"],
    expression: "sum by (node) (rate(kafka_server_replicamanager_isrshrinkspersec_total[5m]))",
  },
  {
    name: "node:leaders:max",
    meaning: "Partitions that a broker leads",
    unit: "partitions",
    labels: ["node"],
    expression: "max by (node) (kafka_server_replicamanager_leadercount)",
  },
  {
    name: "node:replicas:max",
    meaning: "Replicas on a broker",
    unit: "partitions",
    labels: ["node"],
    expression: "max by (node) (kafka_server_replicamanager_partitioncount)",
  },
  {
    name: "node:offline_log_directories:max",
    meaning: "Log directories that a broker cannot read or write",
    unit: "count",
    labels: ["node"],
    expression: "max by (node) (kafka_log_logmanager_offlinelogdirectorycount)",
  },
  {
    name: "node:bytes_in:rate5m",
    meaning: "Bytes that producers send to a broker",
    unit: "bytes per second",
    labels: ["node"],
    expression: 'sum by (node) (rate(kafka_server_brokertopicmetrics_bytesinpersec_total{topic=""}[5m]))',
  },
  {
    name: "node:bytes_out:rate5m",
    meaning: "Bytes that consumers take from a broker",
    unit: "bytes per second",
    labels: ["node"],
    expression: 'sum by (node) (rate(kafka_server_brokertopicmetrics_bytesoutpersec_total{topic=""}[5m]))',
  },
  {
    name: "node:failed_produce_requests:rate5m",
    meaning: "Produce requests that a broker refuses",
    unit: "per second",
    labels: ["node"],
    expression: 'sum by (node) (rate(kafka_server_brokertopicmetrics_failedproducerequestspersec_total{topic=""}[5m]))',
  },
  {
    name: "node:request_queue:max",
    meaning: "Requests that wait for a handler",
    unit: "count",
    labels: ["node"],
    expression: "max by (node) (kafka_network_requestchannel_requestqueuesize)",
  },
  {
    name: "node:request_handlers_idle:ratio5m",
    meaning: "Share of time in which the request handlers are idle",
    unit: "ratio",
    labels: ["node"],
    // The meter counts nanoseconds.
    expression:
      "sum by (node) (rate(kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_total[5m])) / 1e9",
  },
  {
    name: "node:network_threads_idle:ratio",
    meaning: "Share of time in which the network threads are idle",
    unit: "ratio",
    labels: ["node"],
    expression: "avg by (node) (kafka_network_socketserver_networkprocessoravgidlepercent)",
  },
  {
    name: "node:heap_used:ratio",
    meaning: "Share of the JVM's heap that is in use",
    unit: "ratio",
    labels: ["node"],
    expression:
      'sum by (node) (jvm_memory_used_bytes{area="heap", node!=""}) / sum by (node) (jvm_memory_max_bytes{area="heap", node!=""} > 0)',
  },
  {
    name: "node:garbage_collection:ratio5m",
    meaning: "Share of time in which the JVM collects garbage",
    unit: "ratio",
    labels: ["node"],
    expression: 'sum by (node) (rate(jvm_gc_collection_seconds_sum{node!=""}[5m]))',
  },
  {
    name: "node:cpu:rate5m",
    meaning: "Processor time that a node uses",
    unit: "cores",
    labels: ["node"],
    expression: 'sum by (node) (rate(process_cpu_seconds_total{node!=""}[5m]))',
  },
];

/** Takes the name of a broker's pod from the name of its volume claim. */
const ofClaim = (expression: string): string =>
  `min by (node) (label_replace(${expression}, "node", "$1", "persistentvolumeclaim", "data(?:-[0-9]+)?-(.+)"))`;
const claims = 'persistentvolumeclaim=~"data-.+"';

/** Signals of the brokers' disks. */
const disks: readonly Signal[] = [
  {
    name: "node:disk_free:bytes",
    meaning: "Space left on a broker's disk",
    unit: "bytes",
    labels: ["node"],
    expression: {
      local: "min by (node) (kafka_log_dir_usable_bytes)",
      kubernetes: ofClaim(`kubelet_volume_stats_available_bytes{${claims}}`),
    },
  },
  {
    name: "node:disk_size:bytes",
    meaning: "Size of a broker's disk",
    unit: "bytes",
    labels: ["node"],
    expression: {
      local: "min by (node) (kafka_log_dir_total_bytes)",
      kubernetes: ofClaim(`kubelet_volume_stats_capacity_bytes{${claims}}`),
    },
  },
  {
    name: "node:disk_free:ratio",
    meaning: "Share of a broker's disk that is free",
    unit: "ratio",
    labels: ["node"],
    expression: "node:disk_free:bytes / node:disk_size:bytes",
  },
  {
    name: "node:disk_free:bytes_in_4h",
    meaning: "Space left in four hours, if the last six hours go on",
    unit: "bytes",
    labels: ["node"],
    // A trend over a few minutes does not predict hours.
    expression: "predict_linear(node:disk_free:bytes[6h], 4 * 3600) and node:disk_free:bytes offset 1h",
  },
  {
    name: "node_topic:log_size:bytes",
    meaning: "Size of a topic's replicas on a broker",
    unit: "bytes",
    labels: ["node", "topic"],
    expression: { local: "sum by (node, topic) (kafka_log_dir_size_bytes)" },
  },
];

/** Signals of topics and principals, over all brokers. */
const traffic: readonly Signal[] = [
  {
    name: "topic:records_in:rate5m",
    meaning: "Records that producers send to a topic",
    unit: "records per second",
    labels: ["topic"],
    expression: 'sum by (topic) (rate(kafka_server_brokertopicmetrics_messagesinpersec_total{topic!=""}[5m]))',
  },
  {
    name: "topic:bytes_in:rate5m",
    meaning: "Bytes that producers send to a topic",
    unit: "bytes per second",
    labels: ["topic"],
    expression: 'sum by (topic) (rate(kafka_server_brokertopicmetrics_bytesinpersec_total{topic!=""}[5m]))',
  },
  {
    name: "topic:records_kept:sum",
    meaning: "Offsets between the oldest and the newest record of a topic",
    unit: "records",
    labels: ["topic"],
    expression: "sum by (topic) (kafka_topic_partition_current_offset - kafka_topic_partition_oldest_offset)",
  },
  {
    name: "user:produce_throttle_seconds:max",
    meaning: "Delay of a principal's writes by its quota",
    unit: "seconds",
    labels: ["user"],
    // Kafka reports NaN for an idle principal.
    expression: "max by (user) (kafka_server_produce_throttle_time >= 0) / 1000",
  },
  {
    name: "user:fetch_throttle_seconds:max",
    meaning: "Delay of a principal's reads by its quota",
    unit: "seconds",
    labels: ["user"],
    expression: "max by (user) (kafka_server_fetch_throttle_time >= 0) / 1000",
  },
];

/** All signals of the brokers. */
export const brokerSignals: readonly Signal[] = [...cluster, ...nodes, ...disks, ...traffic];
