/** A new order: set all its items aside, or none and say what is missing. */
import type { Handler } from "../../../lib/batch.ts";
import type { Clock } from "../../../lib/clock.ts";
import { derivedUuid } from "../../../lib/ids.ts";
import type { OrderCreated } from "../orders.ts";
import type { StockBatch } from "../stock-batch.ts";

export function orderCreated(stock: StockBatch, clock: Clock): Handler<OrderCreated> {
  return {
    async apply({ payload }, tx) {
      const { orderId } = payload;
      // There is one where this order was answered or cancelled before.
      if (stock.reservation(tx, orderId) !== undefined) return [];
      const items = payload.items.map(({ productId, quantity }) => ({ productId, quantity }));
      const shortages = stock.take(tx, items);
      if (shortages.length > 0) {
        stock.keep(tx, { orderId, status: "insufficient", items });
        return [{
          type: "inventory.insufficient", key: orderId,
          payload: { orderId, shortages, reason: "insufficient_stock", timestamp: clock() },
        }];
      }
      const reservationId = derivedUuid("reservation", orderId);
      stock.keep(tx, { orderId, status: "reserved", reservationId, items });
      return [{ type: "inventory.reserved", key: orderId, payload: { orderId, reservationId, items, timestamp: clock() } }];
    },
  };
}
