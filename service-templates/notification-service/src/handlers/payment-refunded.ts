/** Tells the customer that a cancelled order was refunded. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { money } from "../wording.ts";

export function paymentRefunded(notices: NoticeBatch): Handler<EventMap, "payment.refunded"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        customerId: event.payload.customerId,
        template: "payment-refunded",
        headline: "Your money is on its way back",
        line: `We gave back ${money(event.payload.amount, event.payload.currency)}.`,
      }),
  };
}
