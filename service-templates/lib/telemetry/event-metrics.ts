/** Metrics of services that take part in the event flow. Alerts and dashboards depend on their names and labels. */
import { Counter, Gauge, Histogram } from "prom-client";
import type { PauseReason } from "../consumer/consumer-faults.ts";
import { PAUSE_REASONS } from "../consumer/consumer-faults.ts";
import { DEAD_LETTER_CODES } from "../consumer/dead-letter.ts";
import { OUTCOMES, RETRY_SCOPES } from "../consumer/outcomes.ts";
import type { Contract } from "../contract.ts";
import { PUBLISH_CODES } from "../kafka/publish-errors.ts";
import type { SendReport } from "../kafka/publisher.ts";
import type { Metrics } from "./metrics.ts";
import { FAST_SECONDS } from "./metrics.ts";

export interface EventMetrics extends Metrics {
  /** Records by outcome: applied, deduplicated, skipped, delayed, dead-lettered. */
  readonly consumed: Counter<"topic" | "event" | "outcome">;
  readonly batchSize: Histogram;
  readonly batchSeconds: Histogram;
  /** Seconds from the time of an event, by its producer's clock, to the commit that applied it. */
  readonly eventLatency: Histogram<"topic" | "event">;
  /** Seconds in a handler: its preparation, and its part of the transaction. */
  readonly handlerSeconds: Histogram<"event">;
  /** Age of the oldest record in progress, or the greatest age of the last seconds. */
  readonly timeLag: Gauge<"topic">;
  /** Retries of records and of batches. */
  readonly retries: Counter<"topic" | "scope">;
  /** Rebalances of the group in which this process took part, including its own join. */
  readonly rebalances: Counter;
  /** 1 while records of different keys fail in the same way and the consumer only probes. */
  readonly breakerOpen: Gauge;
  /** 1 while the consumer pauses for a reason other than its records. */
  readonly consumerPaused: Gauge<"reason">;
  readonly consumerPauses: Counter<"reason">;
  readonly deadLettered: Counter<"topic" | "code">;
  /** Replayed and discarded dead-letter records, of all instances. */
  readonly deadLettersResolved: Counter;
  /** Dead-letter records that were not replayed or discarded yet, of all instances. */
  readonly deadLettersOpen: Gauge;
  /** Attempts to write records, by result. The code is empty if the brokers acknowledged them. */
  readonly produced: Counter<"topic" | "outcome" | "code">;
  /** Seconds of one produce request, until every in-sync replica acknowledged the records or the request failed. */
  readonly sendSeconds: Histogram;
  /** Records per produce request. */
  readonly sendRecords: Histogram;
  readonly outboxPublished: Counter;
  readonly relaySeconds: Histogram;
  readonly relayFailures: Counter;
  /** Age of the oldest unpublished row; 0 if there is none. */
  readonly outboxOldestAge: Gauge;
  readonly outboxPending: Gauge;
  /** Events that cannot be published for a reason of their own, of all instances. */
  readonly outboxParked: Gauge;
  readonly compensations: Counter<"kind">;
  readonly compensationFailures: Counter<"kind">;
}

/** Upper bounds in seconds from an event's creation to its effect, through the outbox, the topic and the consumer. */
const LATENCY_SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600];
const RECORD_COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/**
 * Adds the metrics of an event service to those of its process. Series whose labels are in the contract exist from the
 * start, with value 0.
 */
export function eventMetrics(process: Metrics, contract: MetricsContract): EventMetrics {
  const registers = [process.registry];
  const metrics: EventMetrics = {
    ...process,
    consumed: new Counter({
      name: "consumer_records_total",
      help: "Records taken from topics, by outcome",
      labelNames: ["topic", "event", "outcome"],
      registers,
    }),
    batchSize: new Histogram({
      name: "consumer_batch_records",
      help: "Records per polled batch",
      buckets: RECORD_COUNTS,
      registers,
    }),
    batchSeconds: new Histogram({
      name: "consumer_batch_duration_seconds",
      help: "Time from poll to commit of a batch",
      buckets: FAST_SECONDS,
      registers,
    }),
    eventLatency: new Histogram({
      name: "event_latency_seconds",
      help: "Time from the moment an event occurred, by its producer's clock, to the commit that applied it",
      labelNames: ["topic", "event"],
      buckets: LATENCY_SECONDS,
      registers,
    }),
    handlerSeconds: new Histogram({
      name: "handler_duration_seconds",
      help: "Time in the handler of an event: its preparation and its part of the transaction",
      labelNames: ["event"],
      buckets: FAST_SECONDS,
      registers,
    }),
    timeLag: new Gauge({
      name: "consumer_time_lag_seconds",
      help: "Age of the oldest record that is being applied, or the greatest age of those applied in the last 15 to 30 s",
      labelNames: ["topic"],
      registers,
    }),
    retries: new Counter({
      name: "consumer_retries_total",
      help: "Repeated attempts to process records, of a batch or of one record",
      labelNames: ["topic", "scope"],
      registers,
    }),
    rebalances: new Counter({
      name: "consumer_rebalances_total",
      help: "Rebalances of the consumer group that this process took part in, its own joining included",
      registers,
    }),
    breakerOpen: new Gauge({
      name: "consumer_breaker_open",
      help: "1 while records of different keys fail alike and consumption only probes",
      registers,
    }),
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
    produced: new Counter({
      name: "producer_records_total",
      help: "Attempts to write records to a topic, by how they ended",
      labelNames: ["topic", "outcome", "code"],
      registers,
    }),
    sendSeconds: new Histogram({
      name: "producer_send_duration_seconds",
      help: "Time of one request to write records, until every in-sync replica has acknowledged them or it failed",
      buckets: FAST_SECONDS,
      registers,
    }),
    sendRecords: new Histogram({
      name: "producer_batch_records",
      help: "Records per request to write records",
      buckets: RECORD_COUNTS,
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
  startSeries(metrics, contract);
  return metrics;
}

/** The parts of a contract that contain label values. */
export type MetricsContract = Pick<Contract, "consumes" | "publishes" | "retryTopics" | "deadLetterTopic">;

/** Creates the series whose labels are known before the first event: alerts on an increase need the series to exist by then. */
function startSeries(metrics: EventMetrics, contract: MetricsContract): void {
  metrics.deadLettersResolved.inc(0);
  for (const reason of PAUSE_REASONS) notePause(metrics, reason, false);
  for (const { topic, events } of contract.consumes) {
    for (const { event } of events) {
      for (const outcome of OUTCOMES) metrics.consumed.inc({ topic, event, outcome }, 0);
      metrics.eventLatency.zero({ topic, event });
      metrics.handlerSeconds.zero({ event });
    }
  }
  for (const { topic } of [...contract.consumes, ...contract.retryTopics]) {
    for (const code of DEAD_LETTER_CODES) metrics.deadLettered.inc({ topic, code }, 0);
    metrics.timeLag.set({ topic }, 0);
    for (const scope of RETRY_SCOPES) metrics.retries.inc({ topic, scope }, 0);
  }
  const written = [
    ...[...contract.publishes, ...contract.retryTopics].map(({ topic }) => topic),
    ...(contract.deadLetterTopic === undefined ? [] : [contract.deadLetterTopic]),
  ];
  for (const topic of written) {
    metrics.produced.inc({ topic, outcome: "acknowledged", code: "" }, 0);
    for (const code of PUBLISH_CODES) metrics.produced.inc({ topic, outcome: "failed", code }, 0);
  }
}

/** Counts one produce request. */
export function noteSend(metrics: EventMetrics, { recordsByTopic, seconds, code }: SendReport): void {
  let records = 0;
  for (const [topic, count] of recordsByTopic) {
    metrics.produced.inc({ topic, outcome: code === undefined ? "acknowledged" : "failed", code: code ?? "" }, count);
    records += count;
  }
  metrics.sendRecords.observe(records);
  metrics.sendSeconds.observe(seconds);
}

/**
 * Starts the counters of compensations at 0.
 * @param kinds - What the service undoes, for example `refund`.
 */
export function startCompensationCounters(metrics: EventMetrics, kinds: readonly string[]): void {
  for (const kind of kinds) {
    metrics.compensations.inc({ kind }, 0);
    metrics.compensationFailures.inc({ kind }, 0);
  }
}

/** Sets whether consumption pauses for this reason, and counts the pause. */
export function notePause(metrics: EventMetrics, reason: PauseReason, paused: boolean): void {
  metrics.consumerPaused.set({ reason }, paused ? 1 : 0);
  metrics.consumerPauses.inc({ reason }, paused ? 1 : 0);
}
