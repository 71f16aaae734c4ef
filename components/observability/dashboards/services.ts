import type { Dashboard } from "../dashboard.ts";
import { lines, stat } from "./panels.ts";

/** Dashboard of services as processes: requests, publishing, memory. */
export const services: Dashboard = {
  name: "services",
  title: "Event platform: services",
  description: "Requests, publishing through the outbox, and resources of each service.",
  rows: [
    {
      title: "Requests",
      panels: [
        lines("Requests", "per second", { "{{service}} {{route}}": "service_route:http_requests:rate5m" }),
        lines(
          "Time to answer",
          "seconds",
          { "{{service}} {{route}}": "service_route:http_request_duration_seconds:p95" },
          "95th percentile.",
        ),
        lines("Answered with 5xx", "ratio", { "{{service}}": "service:http_errors:ratio5m" }),
      ],
    },
    {
      title: "Publishing",
      panels: [
        lines("Events published", "per second", { "{{service}}": "service:outbox_published:rate5m" }),
        lines("Records sent", "records per second", {
          "{{service}} {{topic}}": "service_topic:producer_records:rate5m",
        }),
        lines(
          "Time until acknowledged",
          "seconds",
          { "{{service}}": "service:producer_send_duration_seconds:p99" },
          "99th percentile.",
        ),
        lines("Records sent together", "records", { "{{service}}": "service:producer_batch_records:mean5m" }),
        lines("Not acknowledged", "ratio", { "{{service}} {{topic}}": "service_topic:producer_errors:ratio5m" }),
      ],
    },
    {
      title: "Outbox",
      panels: [
        lines("Oldest event", "seconds", { "{{service}}": "service:outbox_oldest_age_seconds:max" }),
        lines("Events that wait", "events", { "{{service}}": "service:outbox_unpublished:max" }),
        lines("Failed attempts to publish", "per second", { "{{service}}": "service:outbox_relay_failures:rate5m" }),
        stat("Parked events", "events", "sum(service:outbox_parked:max)", 1),
      ],
    },
    {
      title: "Processes",
      panels: [
        lines("Processors", "cores", { "{{service}}": "service:cpu:rate5m" }),
        lines("Memory, largest instance", "bytes", { "{{service}}": "service:resident_memory:max" }),
        lines("Delay of the event loop", "seconds", { "{{service}}": "service:event_loop_lag_seconds:max" }),
        lines("Time until a certificate expires", "seconds", {
          "{{certificate}}": "certificate:time_left_seconds:min",
        }),
      ],
    },
  ],
};
