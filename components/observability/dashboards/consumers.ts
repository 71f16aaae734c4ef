import type { Dashboard } from "../dashboard.ts";
import { lines, stat } from "./panels.ts";

/** Dashboard of consumers: how far they are behind, and why. */
export const consumers: Dashboard = {
  name: "consumers",
  title: "Event platform: consumers",
  description: "Lag by group and topic, in records and in time; what consumers do with records; dead-letter records.",
  rows: [
    {
      title: "Lag",
      panels: [
        lines("Records that wait", "records", { "{{consumergroup}} {{topic}}": "group_topic:consumer_lag:sum" }),
        lines(
          "Records that wait, worst partition",
          "records",
          { "{{consumergroup}} {{topic}}": "group_topic:consumer_lag:max" },
          "Nearly the sum of all partitions: one key or one record holds one of them.",
        ),
        lines("Age of what is applied", "seconds", {
          "{{service}} {{topic}}": "service_topic:consumer_time_lag_seconds:max",
        }),
        lines("Time until caught up", "seconds", {
          "{{consumergroup}} {{topic}}": "group_topic:consumer_lag:drain_seconds",
        }),
      ],
    },
    {
      title: "Work",
      panels: [
        lines("Records consumed", "records per second", {
          "{{consumergroup}} {{topic}}": "group_topic:consumer_offset:rate5m",
        }),
        lines("What becomes of records", "records per second", {
          "{{service}} {{outcome}}": "sum by (service, outcome) (service_topic_outcome:consumer_records:rate5m)",
        }),
        lines(
          "Handlers",
          "seconds",
          { "{{service}} {{event}}": "service_event:handler_duration_seconds:p95" },
          "95th percentile.",
        ),
        lines("Members of the group", "count", { "{{consumergroup}}": "group:consumer_members:sum" }),
      ],
    },
    {
      title: "Trouble",
      panels: [
        lines("Waiting for something else", "boolean", {
          "{{service}} {{reason}}": "service_reason:consumer_paused:max",
        }),
        lines("Breaker open", "boolean", { "{{service}}": "service:breaker_open:max" }),
        lines("Repeated attempts", "per second", { "{{service}}": "service:consumer_retries:rate5m" }),
        lines("Rebalances", "per second", { "{{service}}": "service:consumer_rebalances:rate5m" }),
      ],
    },
    {
      title: "Dead-letter records",
      panels: [
        stat("Open", "records", "sum(service:dead_letters_open:max)", 1),
        lines("Open by service", "records", { "{{service}}": "service:dead_letters_open:max" }),
        lines("New in 15 min", "records", { "{{topic}}": "topic:dead_letters:increase15m" }),
        lines("By reason", "records per second", {
          "{{service}} {{topic}} {{code}}": "service_topic_code:dead_letters:rate5m",
        }),
      ],
    },
  ],
};
