/** Records that a cancelled order was refunded. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";
import { toMinor } from "../facts/order-facts.ts";

export function paymentRefunded(facts: FactsBatch): Handler<EventMap, "payment.refunded"> {
  return {
    apply: async (event, tx) =>
      facts.take(tx, event, "payment.refunded", {
        currency: event.payload.currency,
        amount: toMinor(event.payload.amount),
      }),
  };
}
