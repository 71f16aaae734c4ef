import type { ExportedMetric, ExportedMetrics } from "./exported-metric.ts";

/** Labels of every series of a service. `instance` is Prometheus' own name for the address of a target. */
export const SERVICE_LABELS = ["service", "replica"] as const;

function metric(
  type: ExportedMetric["type"],
  name: string,
  labels: readonly string[],
  meaning: string,
): ExportedMetric {
  return { name, type, labels: [...SERVICE_LABELS, ...labels], meaning };
}

/** Metrics of every service, from the library (`lib/telemetry.ts` and the mechanisms beside it). */
export const serviceMetrics: ExportedMetrics = {
  exporter: "service",
  metrics: [
    metric("gauge", "consumer_breaker_open", [], "1 while records of different keys fail alike and consumption probes"),
    metric("gauge", "consumer_paused", ["reason"], "1 while consumption waits for something other than its records"),
    metric("counter", "consumer_rebalances_total", [], "Rebalances of the group that the process took part in"),
    metric("counter", "consumer_records_total", ["topic", "event", "outcome"], "Records taken from topics"),
    metric("counter", "consumer_retries_total", ["topic", "scope"], "Repeated attempts to process records"),
    metric(
      "gauge",
      "consumer_time_lag_seconds",
      ["topic"],
      "Age of the oldest record that is being applied, or was lately",
    ),
    metric("gauge", "dlt_open_letters", [], "Dead-letter records that nobody has replayed or discarded"),
    metric("counter", "dlt_records_total", ["topic", "code"], "Records sent to the dead-letter topic"),
    metric(
      "histogram",
      "event_latency_seconds",
      ["topic", "event"],
      "Time from an event's occurrence to its application",
    ),
    metric("histogram", "handler_duration_seconds", ["event"], "Time of an event's handler"),
    metric("histogram", "http_request_duration_seconds", ["method", "route", "status"], "Time to answer a request"),
    metric("gauge", "nodejs_eventloop_lag_p99_seconds", [], "Delay of the event loop, 99th percentile"),
    metric("gauge", "outbox_oldest_unpublished_age_seconds", [], "Age of the oldest row that is not published"),
    metric("gauge", "outbox_parked", [], "Events that were refused and wait for an operator"),
    metric("counter", "outbox_published_total", [], "Outbox rows published"),
    metric("counter", "outbox_relay_failures_total", [], "Drains of the outbox that failed and are repeated"),
    metric("gauge", "outbox_unpublished_rows", [], "Outbox rows that are not published"),
    metric("counter", "process_cpu_seconds_total", [], "Processor time of the process"),
    metric("gauge", "process_resident_memory_bytes", [], "Memory of the process"),
    metric("histogram", "producer_batch_records", [], "Records sent together"),
    metric("counter", "producer_records_total", ["topic", "outcome", "code"], "Records sent, by what became of them"),
    metric("histogram", "producer_send_duration_seconds", [], "Time until all replicas in sync have the records"),
    metric("counter", "saga_compensation_failures_total", ["kind"], "Compensations that could not be done"),
    metric("counter", "saga_compensations_total", ["kind"], "Forward steps undone"),
    metric("histogram", "saga_duration_seconds", ["saga", "outcome"], "Time from a saga's start to its terminal state"),
    metric(
      "gauge",
      "saga_oldest_nonterminal_age_seconds",
      ["saga", "state"],
      "Age of the oldest run that is not in a terminal state",
    ),
  ],
};
