/** A new order: set all its items aside, or none and say what is missing. */
import type { Handler } from "../../../lib/batch.ts";
import type { Clock } from "../../../lib/clock.ts";
import { derivedUuid } from "../../../lib/ids.ts";
import type { OrderCreated } from "../orders.ts";
import type { StockCache } from "../stock-cache.ts";
import { insertReservation, takeStock } from "../stock-table.ts";

export function orderCreated(cache: StockCache, clock: Clock): Handler<OrderCreated> {
  return {
    async apply({ payload }, tx) {
      const { orderId } = payload;
      const items = payload.items.map(({ productId, quantity }) => ({ productId, quantity }));
      const reservationId = derivedUuid("reservation", orderId);
      // The row comes first: it decides whether this order was answered or cancelled before.
      if (!await insertReservation(tx, { orderId, status: "reserved", reservationId, items })) return [];
      const shortages = await takeStock(tx, items);
      if (shortages.length > 0) {
        await tx.query({ name: "reservation-short", text: "UPDATE reservations SET status = 'insufficient', reservation_id = NULL WHERE order_id = $1", values: [orderId] });
        return [{
          type: "inventory.insufficient", key: orderId,
          payload: { orderId, shortages, reason: "insufficient_stock", timestamp: clock() },
        }];
      }
      cache.touch(tx, items.map((item) => item.productId));
      return [{ type: "inventory.reserved", key: orderId, payload: { orderId, reservationId, items, timestamp: clock() } }];
    },
  };
}
