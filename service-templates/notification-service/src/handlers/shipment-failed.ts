/** Tells the customer that no carrier accepts the shipment of an order. A message about the cancellation follows. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";

export function shipmentFailed(notices: NoticeBatch): Handler<EventMap, "shipment.failed"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        customerId: event.payload.customerId,
        template: "shipment-failed",
        headline: "Your order cannot be delivered",
        line: "None of our carriers delivers to your address.",
      }),
  };
}
