import type { Signal } from "../signal.ts";

/** Signals of consumers: lag and activity. */
export const consumerSignals: readonly Signal[] = [
  {
    name: "group_topic:consumer_lag:sum",
    meaning: "Records that a group has not consumed yet",
    unit: "records",
    labels: ["consumergroup", "topic"],
    // Kafka Exporter reports -1 for an unknown lag.
    expression: "sum by (consumergroup, topic) (clamp_min(kafka_consumergroup_lag, 0))",
  },
  {
    name: "group_topic:consumer_lag:max",
    meaning: "Records that a group has not consumed of the partition that is furthest behind",
    unit: "records",
    labels: ["consumergroup", "topic"],
    expression: "max by (consumergroup, topic) (clamp_min(kafka_consumergroup_lag, 0))",
  },
  {
    name: "group_topic:consumer_offset:increase10m",
    meaning: "Records that a group has consumed in ten minutes",
    unit: "records",
    labels: ["consumergroup", "topic"],
    expression: "sum by (consumergroup, topic) (increase(kafka_consumergroup_current_offset[10m]))",
  },
  {
    name: "group_topic:consumer_offset:rate5m",
    meaning: "Records that a group consumes",
    unit: "records per second",
    labels: ["consumergroup", "topic"],
    expression: "sum by (consumergroup, topic) (rate(kafka_consumergroup_current_offset[5m]))",
  },
  {
    name: "group_topic:consumer_lag:drain_seconds",
    meaning: "Time in which a group would consume what waits, at the pace of the last ten minutes",
    unit: "seconds",
    labels: ["consumergroup", "topic"],
    expression: "group_topic:consumer_lag:sum / clamp_min(group_topic:consumer_offset:increase10m / 600, 0.001)",
  },
  {
    name: "group:consumer_members:sum",
    meaning: "Members of a group",
    unit: "count",
    labels: ["consumergroup"],
    expression: "sum by (consumergroup) (kafka_consumergroup_members)",
  },
  {
    name: "service_topic:consumer_time_lag_seconds:max",
    meaning: "Age of the oldest record that a service applies, or applied in the last half minute",
    unit: "seconds",
    labels: ["service", "topic"],
    expression: "max by (service, topic) (consumer_time_lag_seconds)",
  },
  {
    name: "service_topic_outcome:consumer_records:rate5m",
    meaning: "Records that a service takes, by what becomes of them",
    unit: "records per second",
    labels: ["service", "topic", "outcome"],
    expression: "sum by (service, topic, outcome) (rate(consumer_records_total[5m]))",
  },
  {
    name: "service:consumer_retries:rate5m",
    meaning: "Repeated attempts to process records",
    unit: "per second",
    labels: ["service"],
    expression: "sum by (service) (rate(consumer_retries_total[5m]))",
  },
  {
    name: "service_reason:consumer_paused:max",
    meaning: "Whether an instance of a service waits for something other than its records",
    unit: "boolean",
    labels: ["service", "reason"],
    expression: "max by (service, reason) (consumer_paused)",
  },
  {
    name: "service:breaker_open:max",
    meaning: "Whether an instance of a service only probes, because records of different keys fail alike",
    unit: "boolean",
    labels: ["service"],
    expression: "max by (service) (consumer_breaker_open)",
  },
  {
    name: "service:consumer_rebalances:rate5m",
    meaning: "Rebalances of a service's group, as its instances see them",
    unit: "per second",
    labels: ["service"],
    expression: "sum by (service) (rate(consumer_rebalances_total[5m]))",
  },
  {
    name: "service_event:handler_duration_seconds:p95",
    meaning: "Time of an event's handler, 95th percentile",
    unit: "seconds",
    labels: ["service", "event"],
    expression: "histogram_quantile(0.95, sum by (service, event, le) (rate(handler_duration_seconds_bucket[5m])))",
  },
  {
    name: "service_event:event_latency_seconds:p95",
    meaning: "Time from an event's occurrence until a service has applied it, 95th percentile",
    unit: "seconds",
    labels: ["service", "event"],
    expression: "histogram_quantile(0.95, sum by (service, event, le) (rate(event_latency_seconds_bucket[5m])))",
  },
];

/** Signals of dead-letter records. */
export const deadLetterSignals: readonly Signal[] = [
  {
    name: "topic:dead_letters:increase15m",
    meaning: "Dead-letter records of the last fifteen minutes",
    unit: "records",
    labels: ["topic"],
    expression: 'sum by (topic) (increase(kafka_topic_partition_current_offset{topic=~".+\\\\.dlt"}[15m]))',
  },
  {
    name: "service:dead_letters_open:max",
    meaning: "Dead-letter records that nobody has replayed or discarded",
    unit: "records",
    labels: ["service"],
    // Every instance reads the same number from the service's database.
    expression: "max by (service) (dlt_open_letters)",
  },
  {
    name: "service_topic_code:dead_letters:rate5m",
    meaning: "Records that a service sends to its dead-letter topic, by reason",
    unit: "records per second",
    labels: ["service", "topic", "code"],
    expression: "sum by (service, topic, code) (rate(dlt_records_total[5m]))",
  },
];
