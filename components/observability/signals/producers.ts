import type { Signal } from "../signal.ts";

/** Signals of producers: from the outbox to Kafka. */
export const producerSignals: readonly Signal[] = [
  {
    name: "service_topic:producer_records:rate5m",
    meaning: "Records that a service sends",
    unit: "records per second",
    labels: ["service", "topic"],
    expression: "sum by (service, topic) (rate(producer_records_total[5m]))",
  },
  {
    name: "service_topic:producer_errors:ratio5m",
    meaning: "Share of the records sent that Kafka did not take",
    unit: "ratio",
    labels: ["service", "topic"],
    expression:
      'sum by (service, topic) (rate(producer_records_total{outcome="failed"}[5m])) / (sum by (service, topic) (rate(producer_records_total[5m])) > 0)',
  },
  {
    name: "service:producer_send_duration_seconds:p99",
    meaning: "Time until all replicas in sync have the records, 99th percentile",
    unit: "seconds",
    labels: ["service"],
    expression: "histogram_quantile(0.99, sum by (service, le) (rate(producer_send_duration_seconds_bucket[5m])))",
  },
  {
    name: "service:producer_batch_records:mean5m",
    meaning: "Records that are sent together",
    unit: "records",
    labels: ["service"],
    expression:
      "sum by (service) (rate(producer_batch_records_sum[5m])) / (sum by (service) (rate(producer_batch_records_count[5m])) > 0)",
  },
  {
    name: "service:outbox_oldest_age_seconds:max",
    meaning: "Age of the oldest event that is not published yet",
    unit: "seconds",
    labels: ["service"],
    expression: "max by (service) (outbox_oldest_unpublished_age_seconds)",
  },
  {
    name: "service:outbox_unpublished:max",
    meaning: "Events that are not published yet",
    unit: "events",
    labels: ["service"],
    expression: "max by (service) (outbox_unpublished_rows)",
  },
  {
    name: "service:outbox_published:rate5m",
    meaning: "Events that are published",
    unit: "per second",
    labels: ["service"],
    expression: "sum by (service) (rate(outbox_published_total[5m]))",
  },
  {
    name: "service:outbox_relay_failures:rate5m",
    meaning: "Failed attempts to publish what waits",
    unit: "per second",
    labels: ["service"],
    expression: "sum by (service) (rate(outbox_relay_failures_total[5m]))",
  },
  {
    name: "service:outbox_parked:max",
    meaning: "Events that were refused and wait for an operator",
    unit: "events",
    labels: ["service"],
    expression: "max by (service) (outbox_parked)",
  },
];
