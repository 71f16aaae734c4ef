/** Tells the customer that the amount of an order was captured. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { money } from "../wording.ts";

export function paymentProcessed(notices: NoticeBatch): Handler<EventMap, "payment.processed"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        customerId: event.payload.customerId,
        template: "payment-received",
        headline: "We have your payment",
        line: `We received your payment of ${money(event.payload.amount, event.payload.currency)}.`,
      }),
  };
}
