/** The payment was declined: the order is cancelled. */
import type { Handler } from "../../../lib/batch.ts";
import type { Clock } from "../../../lib/clock.ts";
import { advanceOrder } from "../saga/advance-order.ts";
import type { PaymentAnswer } from "../answers.ts";

export function paymentFailed(clock: Clock): Handler<PaymentAnswer> {
  return {
    apply: (event, tx) => advanceOrder(tx, event.payload.orderId, "payment.failed", clock(), { transactionId: event.payload.transactionId, detail: event.payload.reason ?? null }),
  };
}
