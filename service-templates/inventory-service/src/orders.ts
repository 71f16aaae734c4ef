/** Checks the orders in a batch. */
import type { Received } from "@event-platform-kit/service/events/event-map";
import type { EventMap } from "./events.generated.ts";

/** Returns whether an order is cancelled anywhere in its batch. */
export function isCancelledIn(batch: readonly Received<EventMap>[], orderId: string): boolean {
  return batch.some(({ type, payload }) => type === "order.cancelled" && payload.orderId === orderId);
}
