/** Metrics and log lines of a consumer. */
import type { BatchOptions } from "../consumer/batch.ts";
import { describeDeadLetter } from "../consumer/batch.ts";
import { deadLetterCode } from "../consumer/dead-letter.ts";
import type { Contract } from "../contract.ts";
import { eventTypeOf } from "../events/envelope.ts";
import type { EventMap } from "../events/event-map.ts";
import type { EventMetrics } from "./event-metrics.ts";
import type { Logger } from "./logger.ts";
import type { RecordLog } from "./record-fields.ts";

/** The callbacks of a batch processor for metrics and logs. */
export type BatchObserver<E extends EventMap> = Pick<
  BatchOptions<E>,
  "onOutcome" | "onApplied" | "onHandled" | "onDeadLetter" | "onDelayed" | "onRetry" | "onBatch" | "onBreaker"
>;

export interface ConsumerObserverOptions {
  readonly contract: Contract;
  readonly metrics: EventMetrics;
  readonly log: Logger;
  readonly records: RecordLog;
}

export function batchObserver<E extends EventMap>({
  contract,
  metrics,
  log,
  records,
}: ConsumerObserverOptions): BatchObserver<E> {
  const events = new Set(
    [...contract.publishes, ...contract.consumes.flatMap((topic) => topic.events)].map(({ event }) => event),
  );
  /** Event types come from outside: unbounded label values would exhaust the metrics' memory. */
  const knownEvent = (event: string): string => (events.has(event) ? event : "other");

  return {
    onOutcome: (outcome, topic, event, count) =>
      metrics.consumed.inc({ topic, event: knownEvent(event), outcome }, count),
    onApplied(event, now) {
      const seconds = (now - Date.parse(event.occurredAt)) / 1_000;
      // Producers' clocks may be ahead, and the time of an event is set by its producer.
      metrics.eventLatency.observe({ topic: event.source.topic, event: event.type }, Math.max(0, seconds));
      if (log.isLevelEnabled("debug"))
        log.debug({ event: event.type, eventId: event.id, ...records.ofEvent(event) }, "event applied");
    },
    onHandled: (event, seconds) => metrics.handlerSeconds.observe({ event }, seconds),
    onDeadLetter(deadLetter) {
      metrics.deadLettered.inc({ topic: deadLetter.record.topic, code: deadLetterCode(deadLetter.error) });
      log.error(
        { ...describeDeadLetter(deadLetter), ...records.ofRecord(deadLetter.record) },
        "record sent to the dead letters",
      );
    },
    onDelayed: (deadLetter, topic) =>
      log.warn(
        { ...describeDeadLetter(deadLetter), ...records.ofRecord(deadLetter.record), waitsIn: topic },
        "record is tried again later",
      ),
    onRetry(error, { scope, records: again, attempt, delayMs }) {
      for (const topic of new Set(again.map((record) => record.topic))) metrics.retries.inc({ topic, scope });
      const [only] = again.length === 1 ? again : [];
      log.warn(
        {
          err: error,
          attempt,
          delayMs,
          ...(only === undefined ? { records: again.length } : { event: eventTypeOf(only), ...records.ofRecord(only) }),
        },
        "processing is repeated",
      );
    },
    onBatch(size, seconds) {
      metrics.batchSize.observe(size);
      metrics.batchSeconds.observe(seconds);
    },
    onBreaker: (open) => metrics.breakerOpen.set(open ? 1 : 0),
  };
}
