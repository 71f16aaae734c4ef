/**
 * A cancelled order: what was set aside goes back, exactly once. When the cancellation comes before
 * the order itself, a tombstone makes sure that nothing is set aside later.
 */
import type { Handler } from "../../../lib/batch.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Metrics } from "../../../lib/telemetry.ts";
import type { OrderCancelled } from "../orders.ts";
import type { StockCache } from "../stock-cache.ts";
import { insertReservation, lockReservation, markReservation, returnStock } from "../stock-table.ts";

export interface OrderCancelledOptions {
  readonly cache: StockCache;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export function orderCancelled({ cache, metrics, clock }: OrderCancelledOptions): Handler<OrderCancelled> {
  return {
    async apply({ payload }, tx) {
      const { orderId, reason } = payload;
      let reservation = await lockReservation(tx, orderId);
      if (reservation === undefined) {
        if (await insertReservation(tx, { orderId, status: "cancelled", items: [] })) return [];
        reservation = await lockReservation(tx, orderId);
      }
      if (reservation?.status !== "reserved" || reservation.reservationId === undefined) return [];
      try {
        await returnStock(tx, reservation.items);
      } catch (error) {
        metrics.compensationFailures.inc({ kind: "release" });
        throw error;
      }
      await markReservation(tx, orderId, "released");
      cache.touch(tx, reservation.items.map((item) => item.productId));
      tx.afterCommit(() => metrics.compensations.inc({ kind: "release" }));
      return [{
        type: "inventory.released", key: orderId,
        payload: { orderId, reservationId: reservation.reservationId, items: reservation.items, reason, timestamp: clock() },
      }];
    },
  };
}
