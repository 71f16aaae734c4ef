/** Handles a confirmed order: its reserved items become sold. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { StockBatch } from "../stock-batch.ts";

export function orderConfirmed(stock: StockBatch): Handler<EventMap, "order.confirmed"> {
  return {
    async apply({ payload }, tx) {
      const reservation = stock.reservation(tx, payload.orderId);
      if (reservation?.status !== "reserved") return [];
      stock.sell(tx, reservation.items);
      stock.keep(tx, { ...reservation, status: "sold" });
      return [];
    },
  };
}
