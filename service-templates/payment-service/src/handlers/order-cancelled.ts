/**
 * A cancelled order: give back what was captured, exactly once. When the cancellation comes before the
 * order itself, a tombstone makes sure that nothing is captured later.
 */
import type { Handler } from "../../../lib/batch.ts";
import type { Clock } from "../../../lib/clock.ts";
import { derivedUuid } from "../../../lib/ids.ts";
import type { Metrics } from "../../../lib/telemetry.ts";
import type { OrderCancelled } from "../orders.ts";
import type { PaymentsBatch } from "../payments-batch.ts";
import type { PaymentProvider } from "../provider/provider.ts";

export interface OrderCancelledOptions {
  readonly payments: PaymentsBatch;
  readonly provider: PaymentProvider;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export function orderCancelled({ payments, provider, metrics, clock }: OrderCancelledOptions): Handler<OrderCancelled> {
  return {
    async apply({ payload }, tx) {
      const { orderId, reason } = payload;
      const payment = payments.get(tx, orderId);
      if (payment === undefined) {
        payments.put(tx, orderId, { orderId, status: "cancelled", reason });
        return [];
      }
      if (payment.status !== "processed" || payment.transactionId === undefined) return [];
      const refundId = derivedUuid("refund", orderId);
      try {
        // Inside the transaction: the provider makes a repetition harmless, and the row stays locked meanwhile.
        await provider.refund(payment.transactionId);
      } catch (error) {
        metrics.compensationFailures.inc({ kind: "refund" });
        throw error;
      }
      payments.put(tx, orderId, { ...payment, status: "refunded", refundId, reason });
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
