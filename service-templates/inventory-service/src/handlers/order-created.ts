/**
 * Handles a new order: reserves all its items, or none and reports the shortages. The handler declines an order that is
 * cancelled later in the batch, or whose deadline has passed. Otherwise, after an outage, such orders would take the
 * stock from valid ones.
 */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { DeclineReason } from "@event-platform-kit/service/events/deadline";
import { isPast } from "@event-platform-kit/service/events/deadline";
import { derivedUuid } from "@event-platform-kit/service/ids";
import type { Counter } from "prom-client";
import type { EventMap } from "../events.generated.ts";
import { isCancelledIn } from "../orders.ts";
import type { StockBatch } from "../stock-batch.ts";

export interface OrderCreatedOptions {
  readonly stock: StockBatch;
  readonly declined: Counter<"reason">;
  readonly clock: Clock;
}

export function orderCreated({ stock, declined, clock }: OrderCreatedOptions): Handler<EventMap, "order.created"> {
  return {
    async prepare({ payload }, batch) {
      const { orderId } = payload;
      const cancelled = isCancelledIn(batch, orderId);
      return async (tx) => {
        // A reservation exists if this order was answered or cancelled before.
        if (stock.reservation(tx, orderId) !== undefined) return [];
        const reason: DeclineReason | undefined = cancelled
          ? "cancelled"
          : isPast(payload.deadline, stock.now(tx))
            ? "deadline"
            : undefined;
        if (reason !== undefined) {
          // order-service cancels the order at the same deadline, or has already done so, and needs no answer.
          stock.keep(tx, { orderId, status: "cancelled", items: [] });
          tx.afterCommit(() => declined.inc({ reason }));
          return [];
        }
        const items = payload.items.map(({ productId, quantity }) => ({ productId, quantity }));
        const shortages = stock.take(tx, items);
        if (shortages.length > 0) {
          stock.keep(tx, { orderId, status: "insufficient", items });
          return [
            {
              type: "inventory.insufficient",
              key: orderId,
              payload: { orderId, shortages, reason: "insufficient_stock", timestamp: clock() },
            },
          ];
        }
        const reservationId = derivedUuid("reservation", orderId);
        stock.keep(tx, { orderId, status: "reserved", reservationId, items });
        return [
          { type: "inventory.reserved", key: orderId, payload: { orderId, reservationId, items, timestamp: clock() } },
        ];
      };
    },
  };
}
