/** Metrics and log lines of orders that reach a terminal state. */
import type { Context } from "@event-platform-kit/service";
import type { ReceivedEvent } from "@event-platform-kit/service/events/envelope";
import { sagaDuration } from "@event-platform-kit/service/telemetry/saga-metrics";
import type { EndedOrder } from "./advance-order.ts";
import { ENDED_STATUSES } from "./state-machine.ts";

/** @param traceId - Trace of the input that ended the order, if known. */
export type NoteEndedOrder = (order: EndedOrder, traceId: string | undefined) => void;

export function endedOrders({ log, metrics }: Pick<Context, "log" | "metrics">): NoteEndedOrder {
  const note = sagaDuration(metrics.registry, "order", ENDED_STATUSES);
  return ({ orderId, outcome, reason, seconds }, traceId) => {
    note(outcome, seconds);
    log.info({ orderId, traceId, reason, elapsedMs: Math.round(seconds * 1_000) }, `order ${outcome}`);
  };
}

/** Returns the trace of the last of these events that concerns an order. */
export function traceOf(events: readonly ReceivedEvent[], orderId: string): string | undefined {
  return events.findLast(({ key }) => key === orderId)?.trace?.traceId;
}
