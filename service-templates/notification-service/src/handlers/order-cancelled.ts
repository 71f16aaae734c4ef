/** Tells the customer that an order was cancelled and will not be delivered. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";

/** Reasons as shown to customers; an unknown reason is not shown. */
const REASONS: Readonly<Record<string, string>> = {
  payment_declined: "the payment was declined",
  payment_unavailable: "the payment could not be made, because our payment provider did not answer",
  insufficient_stock: "not everything is in stock",
  timed_out: "it could not be completed in time",
  undeliverable: "it cannot be delivered to your address",
};

export function orderCancelled(notices: NoticeBatch): Handler<EventMap, "order.cancelled"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        customerId: event.payload.customerId,
        template: "order-cancelled",
        headline: "Your order was cancelled",
        line: `Your order was cancelled: ${REASONS[event.payload.reason] ?? "it could not be completed"}. You pay nothing; what you have paid is given back.`,
      }),
  };
}
