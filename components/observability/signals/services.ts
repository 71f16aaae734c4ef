import type { Signal } from "../signal.ts";

/** Requests of customers and other services, without probes and scrapes, which a service refuses while it is not ready. */
const ASKED = 'route!~"/livez|/readyz|/metrics"';

/** Signals of services as processes that answer requests. */
export const serviceSignals: readonly Signal[] = [
  {
    name: "service_route:http_requests:rate5m",
    meaning: "Requests that a service answers, by route",
    unit: "per second",
    labels: ["service", "route"],
    expression: `sum by (service, route) (rate(http_request_duration_seconds_count{${ASKED}}[5m]))`,
  },
  {
    name: "service:http_requests:rate5m",
    meaning: "Requests that a service answers",
    unit: "per second",
    labels: ["service"],
    expression: `sum by (service) (rate(http_request_duration_seconds_count{${ASKED}}[5m]))`,
  },
  {
    name: "service:http_errors:ratio5m",
    meaning: "Share of the requests that a service answers with 5xx",
    unit: "ratio",
    labels: ["service"],
    expression: `sum by (service) (rate(http_request_duration_seconds_count{${ASKED}, status=~"5.."}[5m])) / (sum by (service) (rate(http_request_duration_seconds_count{${ASKED}}[5m])) > 0)`,
  },
  {
    name: "service_route:http_request_duration_seconds:p95",
    meaning: "Time to answer a request, 95th percentile",
    unit: "seconds",
    labels: ["service", "route"],
    expression: `histogram_quantile(0.95, sum by (service, route, le) (rate(http_request_duration_seconds_bucket{${ASKED}}[5m])))`,
  },
  {
    name: "service:resident_memory:max",
    meaning: "Memory of the largest instance of a service",
    unit: "bytes",
    labels: ["service"],
    expression: 'max by (service) (process_resident_memory_bytes{service!=""})',
  },
  {
    name: "service:cpu:rate5m",
    meaning: "Processor time that a service uses",
    unit: "cores",
    labels: ["service"],
    expression: 'sum by (service) (rate(process_cpu_seconds_total{service!=""}[5m]))',
  },
  {
    name: "service:event_loop_lag_seconds:max",
    meaning: "Delay of the event loop, 99th percentile, of the slowest instance",
    unit: "seconds",
    labels: ["service"],
    expression: "max by (service) (nodejs_eventloop_lag_p99_seconds)",
  },
];
