/** Spans of the relay: one for each published or parked event. */
import { HEADER } from "../events/envelope.ts";
import { parseTraceparent } from "../trace.ts";
import type { Tracer } from "../tracing/tracer.ts";
import { restoredHeaders } from "./outbox-headers.ts";
import type { OutboxRow, ParkedRow } from "./outbox-shards.ts";

/**
 * Reports a drain to a tracer.
 * @param startedAt - When the drain began, in milliseconds since the epoch.
 */
export function sendSpans(
  tracer: Tracer,
  startedAt: number,
  accepted: readonly OutboxRow[],
  parked: readonly ParkedRow[],
): void {
  for (const row of accepted) send(tracer, startedAt, row, accepted.length);
  for (const { row, message } of parked) send(tracer, startedAt, row, 1, new Error(message));
}

/** Creates the span. Its parent is the event's own span, which is in the header. */
function send(tracer: Tracer, startedAt: number, row: OutboxRow, together: number, error?: Error): void {
  const header = restoredHeaders(row.headers)[HEADER.traceparent];
  const parent = parseTraceparent(typeof header === "string" ? header : header?.toString("utf8"));
  tracer
    .start(`send ${row.topic}`, {
      kind: "client",
      startedAt,
      parent,
      attributes: {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": row.topic,
        "messaging.message.id": row.event_id,
        "messaging.batch.message_count": together,
      },
    })
    .end(error === undefined ? {} : { error });
}
