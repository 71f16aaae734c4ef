import { registryGroupPrefix } from "../../plan/registry.ts";
import type { ExportedMetrics } from "./exported-metric.ts";

/**
 * Pattern of groups that are not watched, in the syntax that JavaScript and Go share. The registry joins a new group at
 * each start, and the kit's commands join one at each read. These groups stay behind with a lag that never shrinks.
 */
export const UNWATCHED_GROUPS = `^(${registryGroupPrefix}|kit-reader-).*`;

/** Metrics of the cluster from outside, under Kafka Exporter's names on both substrates. */
export const kafkaExporterMetrics: ExportedMetrics = {
  exporter: "kafka-exporter",
  metrics: [
    {
      name: "certificate_not_after_timestamp_seconds",
      type: "gauge",
      labels: ["certificate"],
      meaning: "When a certificate of the platform expires, seconds since the epoch",
      only: "local",
    },
    {
      name: "kafka_consumergroup_current_offset",
      type: "gauge",
      labels: ["consumergroup", "topic", "partition"],
      meaning: "Committed offset of a group",
    },
    {
      name: "kafka_consumergroup_lag",
      type: "gauge",
      labels: ["consumergroup", "topic", "partition"],
      meaning: "Records between the committed offset and the end of the partition; -1: not known",
    },
    {
      name: "kafka_consumergroup_members",
      type: "gauge",
      labels: ["consumergroup"],
      meaning: "Members of a group",
    },
    {
      name: "kafka_log_dir_size_bytes",
      type: "gauge",
      labels: ["node", "topic"],
      meaning: "Size of a topic's replicas on a broker",
      only: "local",
    },
    {
      name: "kafka_log_dir_total_bytes",
      type: "gauge",
      labels: ["node"],
      meaning: "Size of the disk that holds a broker's log directory",
      only: "local",
    },
    {
      name: "kafka_log_dir_usable_bytes",
      type: "gauge",
      labels: ["node"],
      meaning: "Space left on that disk",
      only: "local",
    },
    {
      name: "kafka_topic_partition_current_offset",
      type: "gauge",
      labels: ["topic", "partition"],
      meaning: "End of a partition: offset of the next record",
    },
    {
      name: "kafka_topic_partition_oldest_offset",
      type: "gauge",
      labels: ["topic", "partition"],
      meaning: "Offset of the oldest record that is kept",
    },
  ],
};
