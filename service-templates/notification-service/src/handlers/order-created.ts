/** An order was accepted: the customer gets its receipt. */
import type { Handler } from "../../../lib/batch.ts";
import type { OrderCreated } from "../consumed-events.ts";
import { counted, money } from "../wording.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";

export function orderCreated(notices: NoticeBatch): Handler<OrderCreated> {
  return {
    apply: async (event, tx) => notices.take(tx, event, {
      customerId: event.payload.customerId, template: "order-received", headline: "We have your order",
      line: `We received your order of ${counted(event.payload.items.reduce((sum, item) => sum + item.quantity, 0), "piece")} for ${money(event.payload.totalAmount, event.payload.currency)}.`,
    }),
  };
}
