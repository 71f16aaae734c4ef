/**
 * A cancelled order: give back what was captured, exactly once. When the cancellation comes before the
 * order itself, a tombstone makes sure that nothing is captured later.
 */
import type { Handler } from "../../../lib/batch.ts";
import type { Clock } from "../../../lib/clock.ts";
import { derivedUuid } from "../../../lib/ids.ts";
import type { Metrics } from "../../../lib/telemetry.ts";
import type { OrderCancelled } from "../orders.ts";
import { insertTombstone, lockPayment, markRefunded } from "../payments-table.ts";
import type { PaymentProvider } from "../provider/provider.ts";

export interface OrderCancelledOptions {
  readonly provider: PaymentProvider;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export function orderCancelled({ provider, metrics, clock }: OrderCancelledOptions): Handler<OrderCancelled> {
  return {
    async apply({ payload }, tx) {
      const { orderId, reason } = payload;
      let payment = await lockPayment(tx, orderId);
      if (payment === undefined) {
        if (await insertTombstone(tx, orderId, reason)) return [];
        payment = await lockPayment(tx, orderId);
      }
      if (payment?.status !== "processed" || payment.transactionId === undefined) return [];
      const refundId = derivedUuid("refund", orderId);
      try {
        // Inside the transaction: the provider makes a repetition harmless, and the row stays locked meanwhile.
        await provider.refund(payment.transactionId);
      } catch (error) {
        metrics.compensationFailures.inc({ kind: "refund" });
        throw error;
      }
      await markRefunded(tx, orderId, refundId, reason);
      tx.afterCommit(() => metrics.compensations.inc({ kind: "refund" }));
      return [{
        type: "payment.refunded", key: orderId,
        payload: {
          orderId, customerId: payment.customerId ?? payload.customerId, transactionId: payment.transactionId, refundId,
          amount: (payment.amount ?? 0) / 100, currency: payment.currency ?? "", reason, timestamp: clock(),
        },
      }];
    },
  };
}
