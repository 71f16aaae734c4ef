/** What is counted and logged of orders that come to a terminal state. */
import type { Context } from "@event-platform-kit/service";
import type { ReceivedEvent } from "@event-platform-kit/service/events/envelope";
import { sagaDuration } from "@event-platform-kit/service/telemetry/saga-metrics";
import type { EndedOrder } from "./advance-order.ts";
import { ENDED_STATUSES } from "./state-machine.ts";

/** @param traceId - Of the input that ended the order, where it is known. */
export type NoteEndedOrder = (order: EndedOrder, traceId: string | undefined) => void;

export function endedOrders({ log, metrics }: Pick<Context, "log" | "metrics">): NoteEndedOrder {
  const note = sagaDuration(metrics.registry, "order", ENDED_STATUSES);
  return ({ orderId, outcome, reason, seconds }, traceId) => {
    note(outcome, seconds);
    log.info({ orderId, traceId, reason, elapsedMs: Math.round(seconds * 1_000) }, `order ${outcome}`);
  };
}

/** The trace of the last of these events that concerns an order. */
export function traceOf(events: readonly ReceivedEvent[], orderId: string): string | undefined {
  return events.findLast(({ key }) => key === orderId)?.trace?.traceId;
}
