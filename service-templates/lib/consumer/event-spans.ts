/**
 * Spans of consumed events. A span lasts from the moment the event is readable until it is applied, recognized as
 * known, delayed or made a dead-letter record.
 */
import type { ReceivedEvent } from "../events/envelope.ts";
import type { Span, Tracer } from "../tracing/tracer.ts";

export interface EventSpans<Event extends ReceivedEvent> {
  /** Returns the event with the context of its span, which is the parent of everything that its handler causes. */
  begin(event: Event): Event;
  /** Runs work within an event's span. The statements of a batch belong to its first event. */
  within<T>(event: Event | undefined, work: () => T): T;
  end(event: Event, outcome: string, error?: unknown): void;
}

/** @param group - The consumer group. */
export function eventSpans<Event extends ReceivedEvent>(tracer: Tracer, group: string): EventSpans<Event> {
  if (!tracer.active) return { begin: (event) => event, within: (_event, work) => work(), end: () => undefined };
  const spans = new WeakMap<Event, Span>();
  return {
    begin(event) {
      const { topic, partition, offset } = event.source;
      const span = tracer.start(`process ${topic}`, {
        kind: "consumer",
        parent: event.trace,
        attributes: {
          "messaging.system": "kafka",
          "messaging.operation.type": "process",
          "messaging.operation.name": event.type,
          "messaging.destination.name": topic,
          "messaging.destination.partition.id": String(partition),
          "messaging.kafka.offset": Number(offset),
          "messaging.consumer.group.name": group,
          "messaging.message.id": event.id,
          "messaging.message.conversation_id": event.correlationId,
          "messaging.kafka.message.key": event.key,
        },
      });
      const spanned = { ...event, trace: span.context };
      spans.set(spanned, span);
      return spanned;
    },
    within(event, work) {
      const span = event === undefined ? undefined : spans.get(event);
      return span === undefined ? work() : tracer.within(span, work);
    },
    end(event, outcome, error) {
      spans.get(event)?.end({ attributes: { outcome }, ...(error === undefined ? {} : { error }) });
      spans.delete(event);
    },
  };
}
