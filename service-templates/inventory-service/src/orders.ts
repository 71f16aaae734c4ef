/** Payloads of the events this service consumes: the fields it needs of what the Avro schemas describe. */
import type { ReceivedEvent } from "@event-platform-kit/service/events/envelope";

export interface OrderedItem {
  readonly productId: string;
  readonly quantity: number;
}

export interface OrderCreated extends Record<string, unknown> {
  readonly orderId: string;
  readonly items: readonly OrderedItem[];
  /** When the order is given up, milliseconds since the epoch; absent in events of before the field was there. */
  readonly deadline?: number | null;
}

export interface OrderConfirmed extends Record<string, unknown> {
  readonly orderId: string;
}

export interface OrderCancelled extends Record<string, unknown> {
  readonly orderId: string;
  readonly reason: string;
}

/** Whether an order is cancelled further on in its batch, or was before. */
export function isCancelledIn(batch: readonly ReceivedEvent[], orderId: string): boolean {
  return batch.some(({ type, payload }) => type === "order.cancelled" && payload.orderId === orderId);
}
