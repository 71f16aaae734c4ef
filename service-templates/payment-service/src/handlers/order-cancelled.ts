/**
 * Handles a cancelled order: refunds a captured amount exactly once. If no payment is known, a tombstone prevents a
 * later capture. The handler still asks the provider, because the database does not know a capture whose transaction
 * failed.
 */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import { messageOf, ServiceError } from "@event-platform-kit/service/errors";
import type { EventMap } from "../events.generated.ts";
import type { PaymentProvider } from "../provider/provider.ts";
import { ProviderUnavailable } from "../provider/provider.ts";
import type { LookAt, SettleOptions } from "../reversal.ts";
import { makeVoid, refunded, settle } from "../reversal.ts";

export interface OrderCancelledOptions extends SettleOptions {
  readonly provider: PaymentProvider;
  readonly lookAt: LookAt;
}

export function orderCancelled({
  provider,
  lookAt,
  ...settling
}: OrderCancelledOptions): Handler<EventMap, "order.cancelled"> {
  const { payments, metrics } = settling;
  return {
    // Runs before the transaction, for the whole batch at once. The order is cancelled permanently, so it is never too
    // early.
    async prepare({ payload }) {
      const { orderId } = payload;
      const { status } = await lookAt(orderId);
      const reversal = status === undefined || status === "cancelled" ? await makeVoid(provider, orderId) : undefined;
      return async (tx) => {
        const payment = payments.get(tx, orderId);
        if (payment === undefined || payment.status === "cancelled")
          return settle(settling, tx, payload, reversal ?? (await makeVoid(provider, orderId)));
        if (payment.status !== "processed" || payment.transactionId === undefined) return [];
        try {
          // Runs inside the transaction: a repetition at the provider is harmless, and the row stays locked meanwhile.
          await provider.refund(payment.transactionId);
        } catch (error) {
          metrics.compensationFailures.inc({ kind: "refund" });
          if (!(error instanceof ProviderUnavailable)) throw error;
          throw new ServiceError(
            "SVC_PROVIDER_UNAVAILABLE",
            `transaction ${payment.transactionId} is not given back: ${messageOf(error)}`,
            { cause: error },
          );
        }
        const { customerId = payload.customerId, amount = 0, currency = "" } = payment;
        return refunded(settling, tx, { ...payload, customerId }, { amount, currency });
      };
    },
  };
}
