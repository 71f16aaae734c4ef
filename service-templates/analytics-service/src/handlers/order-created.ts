/** Records that an order was accepted, with the ordered items and the amount. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";
import { sum, toMinor } from "../facts/order-facts.ts";

export function orderCreated(facts: FactsBatch): Handler<EventMap, "order.created"> {
  return {
    apply: async (event, tx) => {
      const { items, totalAmount, currency } = event.payload;
      const products = items.map(({ productId, quantity, price }) => ({
        productId,
        pieces: quantity,
        amount: quantity * toMinor(price),
      }));
      return facts.take(tx, event, "order.created", {
        currency,
        amount: toMinor(totalAmount),
        pieces: sum(items.map(({ quantity }) => quantity)),
        products,
      });
    },
  };
}
