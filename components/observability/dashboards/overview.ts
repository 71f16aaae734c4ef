import type { Dashboard } from "../dashboard.ts";
import { lines, stat } from "./panels.ts";

/** Dashboard of the whole platform on one screen. */
export const overview: Dashboard = {
  name: "overview",
  title: "Event platform: overview",
  description: "Whether the platform is well. Red values have an alert, and the alert a runbook.",
  rows: [
    {
      title: "Now",
      panels: [
        stat("Requests per second", "per second", "sum(service:http_requests:rate5m)"),
        stat("Sagas, 95th percentile", "seconds", "max(saga:duration_seconds:p95)", 5),
        stat("Most lag of a group", "records", "max(group_topic:consumer_lag:sum)", 10_000),
        stat("Oldest event in an outbox", "seconds", "max(service:outbox_oldest_age_seconds:max)", 60),
        stat("Open dead-letter records", "records", "sum(service:dead_letters_open:max)", 1),
        stat("Parked events", "events", "sum(service:outbox_parked:max)", 1),
      ],
    },
    {
      title: "Cluster",
      panels: [
        stat("Active controllers", "count", "cluster:active_controllers:sum", 2),
        stat("Brokers that do not answer", "count", "cluster:brokers_fenced:max", 1),
        stat("Partitions without a leader", "partitions", "cluster:offline_partitions:sum", 1),
        stat("Partitions that refuse writes", "partitions", "sum(node:under_min_isr_partitions:max)", 1),
        stat("Partitions that lack a replica", "partitions", "sum(node:under_replicated_partitions:max)", 1),
        stat("Targets that do not answer", "count", "count(job_instance:up:min == 0) or vector(0)", 1),
      ],
    },
    {
      title: "Flow",
      panels: [
        lines("Sagas that end", "per second", { "{{saga}} {{outcome}}": "saga_outcome:sagas:rate5m" }),
        lines("Records produced", "records per second", { "{{topic}}": "topic:records_in:rate5m" }),
        lines("Lag", "records", { "{{consumergroup}}": "sum by (consumergroup) (group_topic:consumer_lag:sum)" }),
      ],
    },
    {
      title: "Errors",
      panels: [
        lines("Requests answered with 5xx", "ratio", { "{{service}}": "service:http_errors:ratio5m" }),
        lines("Records that Kafka did not take", "ratio", {
          "{{service}} {{topic}}": "service_topic:producer_errors:ratio5m",
        }),
        lines("Dead-letter records", "records per second", {
          "{{service}} {{code}}": "sum by (service, code) (service_topic_code:dead_letters:rate5m)",
        }),
      ],
    },
  ],
};
