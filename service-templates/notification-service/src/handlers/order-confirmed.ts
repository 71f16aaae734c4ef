/** Tells the customer that an order was confirmed and will be delivered. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { shortened } from "../wording.ts";

export function orderConfirmed(notices: NoticeBatch): Handler<EventMap, "order.confirmed"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        customerId: event.payload.customerId,
        template: "order-confirmed",
        headline: "Your order is confirmed",
        line: `Your order is confirmed and will be sent to ${shortened(event.payload.shippingAddress)}.`,
      }),
  };
}
