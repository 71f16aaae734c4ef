/** Records that an order was confirmed, with the sold items and the amount. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";
import { sum, toMinor } from "../facts/order-facts.ts";

export function orderConfirmed(facts: FactsBatch): Handler<EventMap, "order.confirmed"> {
  return {
    apply: async (event, tx) => {
      const { items, totalAmount, currency } = event.payload;
      return facts.take(tx, event, "order.confirmed", {
        currency,
        amount: toMinor(totalAmount),
        pieces: sum(items.map(({ quantity }) => quantity)),
      });
    },
  };
}
