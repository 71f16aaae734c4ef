/**
 * Handles a cancelled order: releases its reservation, or takes back sold items if the order cannot be shipped, exactly
 * once. If the cancellation arrives before the order, a tombstone prevents a later reservation.
 */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMetrics } from "@event-platform-kit/service/telemetry/event-metrics";
import type { EventMap } from "../events.generated.ts";
import type { StockBatch } from "../stock-batch.ts";

export interface OrderCancelledOptions {
  readonly stock: StockBatch;
  readonly metrics: EventMetrics;
  readonly clock: Clock;
}

export function orderCancelled({ stock, metrics, clock }: OrderCancelledOptions): Handler<EventMap, "order.cancelled"> {
  return {
    async apply({ payload }, tx) {
      const { orderId, reason } = payload;
      const reservation = stock.reservation(tx, orderId);
      if (reservation === undefined) {
        stock.keep(tx, { orderId, status: "cancelled", items: [] });
        return [];
      }
      if (
        (reservation.status !== "reserved" && reservation.status !== "sold") ||
        reservation.reservationId === undefined
      )
        return [];
      if (reservation.status === "sold") stock.takeBack(tx, reservation.items);
      else stock.giveBack(tx, reservation.items);
      stock.keep(tx, { ...reservation, status: "released" });
      tx.afterCommit(() => metrics.compensations.inc({ kind: "release" }));
      return [
        {
          type: "inventory.released",
          key: orderId,
          payload: {
            orderId,
            reservationId: reservation.reservationId,
            items: reservation.items,
            reason,
            timestamp: clock(),
          },
        },
      ];
    },
  };
}
