/** A confirmed order: what was set aside is sold. */
import type { Handler } from "../../../lib/batch.ts";
import type { OrderConfirmed } from "../orders.ts";
import type { StockCache } from "../stock-cache.ts";
import { lockReservation, markReservation, sellStock } from "../stock-table.ts";

export function orderConfirmed(cache: StockCache): Handler<OrderConfirmed> {
  return {
    async apply({ payload }, tx) {
      const reservation = await lockReservation(tx, payload.orderId);
      if (reservation?.status !== "reserved") return [];
      await sellStock(tx, reservation.items);
      await markReservation(tx, payload.orderId, "sold");
      cache.touch(tx, reservation.items.map((item) => item.productId));
      return [];
    },
  };
}
