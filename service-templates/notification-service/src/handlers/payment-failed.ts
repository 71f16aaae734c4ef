/** Tells the customer that the payment of an order failed. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { money } from "../wording.ts";

export function paymentFailed(notices: NoticeBatch): Handler<EventMap, "payment.failed"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        customerId: event.payload.customerId,
        template: "payment-failed",
        headline: "Your payment failed",
        line: `The payment of ${money(event.payload.amount, event.payload.currency)} ${event.payload.reason === "payment_declined" ? "was declined" : "could not be made: our payment provider did not answer"}.`,
      }),
  };
}
