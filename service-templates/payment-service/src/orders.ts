/** What a batch says of an order. */
import type { Received } from "@event-platform-kit/service/events/event-map";
import type { EventMap } from "./events.generated.ts";

/** Whether an order is cancelled further on in its batch, or was before. */
export function isCancelledIn(batch: readonly Received<EventMap>[], orderId: string): boolean {
  return batch.some(({ type, payload }) => type === "order.cancelled" && payload.orderId === orderId);
}
