/** Logs (one JSON object per line on stdout) and Prometheus metrics. Names are what alerts and dashboards rely on. */
import type { Logger } from "pino";
import pino from "pino";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { PauseReason } from "./consumer/consumer-faults.ts";
import { PAUSE_REASONS } from "./consumer/consumer-faults.ts";
import { DEAD_LETTER_CODES } from "./consumer/dead-letter.ts";
import { OUTCOMES } from "./consumer/outcomes.ts";
import type { Contract } from "./contract.ts";

export type { Logger } from "pino";

export interface Metrics {
  readonly registry: Registry;
  /** Requests answered, by method, route pattern and status. */
  readonly httpSeconds: Histogram<"method" | "route" | "status">;
  /** Records by what became of them: applied, deduplicated, skipped, delayed, dead-lettered. */
  readonly consumed: Counter<"topic" | "event" | "outcome">;
  readonly batchSize: Histogram;
  readonly batchSeconds: Histogram;
  /** Repeated attempts, of records and of batches. */
  readonly retries: Counter;
  /** 1 while consumption waits for something other than its records. */
  readonly consumerPaused: Gauge<"reason">;
  readonly consumerPauses: Counter<"reason">;
  readonly deadLettered: Counter<"topic" | "code">;
  /** Replays and discards of dead letters, of all instances. */
  readonly deadLettersResolved: Counter;
  /** Dead letters that nobody has replayed or discarded yet, of all instances. */
  readonly deadLettersOpen: Gauge;
  readonly outboxPublished: Counter;
  readonly relaySeconds: Histogram;
  readonly relayFailures: Counter;
  /** Age of the oldest row that is not published yet; 0 when there is none. */
  readonly outboxOldestAge: Gauge;
  readonly outboxPending: Gauge;
  /** Events that cannot be published for a reason of their own, of all instances. */
  readonly outboxParked: Gauge;
  readonly compensations: Counter<"kind">;
  readonly compensationFailures: Counter<"kind">;
}

const FAST_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export function createMetrics(service: string, instance: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service, instance });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const metrics: Metrics = {
    registry,
    httpSeconds: new Histogram({
      name: "http_request_duration_seconds",
      help: "Time to answer an HTTP request",
      labelNames: ["method", "route", "status"],
      buckets: FAST_SECONDS,
      registers,
    }),
    consumed: new Counter({
      name: "consumer_records_total",
      help: "Records taken from topics, by outcome",
      labelNames: ["topic", "event", "outcome"],
      registers,
    }),
    batchSize: new Histogram({
      name: "consumer_batch_records",
      help: "Records per polled batch",
      buckets: [1, 2, 5, 10, 20, 50, 100, 200],
      registers,
    }),
    batchSeconds: new Histogram({
      name: "consumer_batch_duration_seconds",
      help: "Time from poll to commit of a batch",
      buckets: FAST_SECONDS,
      registers,
    }),
    retries: new Counter({ name: "consumer_retries_total", help: "Repeated attempts to process records", registers }),
    consumerPaused: new Gauge({
      name: "consumer_paused",
      help: "1 while consumption waits for something other than its records, by what it waits for",
      labelNames: ["reason"],
      registers,
    }),
    consumerPauses: new Counter({
      name: "consumer_pauses_total",
      help: "Waits of the consumer for something other than its records, by what it waited for",
      labelNames: ["reason"],
      registers,
    }),
    deadLettered: new Counter({
      name: "dlt_records_total",
      help: "Records sent to the dead-letter topic",
      labelNames: ["topic", "code"],
      registers,
    }),
    deadLettersResolved: new Counter({
      name: "dlt_resolved_total",
      help: "Dead letters that were replayed or discarded; read from the service's database, so every instance shows the same number: aggregate with max, not sum",
      registers,
    }),
    deadLettersOpen: new Gauge({
      name: "dlt_open_letters",
      help: "Dead letters not worked on yet; read from the service's database, so every instance shows the same number: aggregate with max, not sum",
      registers,
    }),
    outboxPublished: new Counter({ name: "outbox_published_total", help: "Outbox rows published", registers }),
    relaySeconds: new Histogram({
      name: "outbox_relay_duration_seconds",
      help: "Time of one drain: lock, read, publish, mark",
      buckets: FAST_SECONDS,
      registers,
    }),
    relayFailures: new Counter({
      name: "outbox_relay_failures_total",
      help: "Drains that failed and are repeated",
      registers,
    }),
    outboxOldestAge: new Gauge({
      name: "outbox_oldest_unpublished_age_seconds",
      help: "Age of the oldest unpublished outbox row",
      registers,
    }),
    outboxPending: new Gauge({ name: "outbox_unpublished_rows", help: "Outbox rows not published yet", registers }),
    outboxParked: new Gauge({
      name: "outbox_parked",
      help: "Events that were refused and wait for `kit outbox retry` or `discard`; read from the service's database, so every instance shows the same number: aggregate with max, not sum",
      registers,
    }),
    compensations: new Counter({
      name: "saga_compensations_total",
      help: "Forward steps undone",
      labelNames: ["kind"],
      registers,
    }),
    compensationFailures: new Counter({
      name: "saga_compensation_failures_total",
      help: "Compensations that could not be done",
      labelNames: ["kind"],
      registers,
    }),
  };
  // Alerts on an increase need the series to exist before its first event.
  metrics.deadLettersResolved.inc(0);
  for (const reason of PAUSE_REASONS) notePause(metrics, reason, false);
  return metrics;
}

/** Values of labels that are known before the first event: alerts on an increase need the series to exist by then. */
export function startCounters(metrics: Metrics, contract: Pick<Contract, "consumes" | "retryTopics">): void {
  for (const { topic, events } of contract.consumes) {
    for (const { event } of events) for (const outcome of OUTCOMES) metrics.consumed.inc({ topic, event, outcome }, 0);
  }
  for (const { topic } of [...contract.consumes, ...contract.retryTopics])
    for (const code of DEAD_LETTER_CODES) metrics.deadLettered.inc({ topic, code }, 0);
}

/** Begins the counters of compensations at 0. @param kinds - What the service undoes, for example `refund`. */
export function startCompensationCounters(metrics: Metrics, kinds: readonly string[]): void {
  for (const kind of kinds) {
    metrics.compensations.inc({ kind }, 0);
    metrics.compensationFailures.inc({ kind }, 0);
  }
}

/** Shows whether consumption waits for this reason, and counts the wait. */
export function notePause(metrics: Metrics, reason: PauseReason, paused: boolean): void {
  metrics.consumerPaused.set({ reason }, paused ? 1 : 0);
  metrics.consumerPauses.inc({ reason }, paused ? 1 : 0);
}

export function createLogger(service: string, instance: string, level: string): Logger {
  return pino({
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        "password",
        "*.password",
        "authorization",
        "*.authorization",
        "headers.authorization",
        "req.headers.authorization",
      ],
      censor: "[hidden]",
    },
  });
}
