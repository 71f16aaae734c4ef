/** The payment was captured; with the stock reserved too, the order is confirmed. */

import type { Clock } from "../../../lib/clock.ts";
import type { Handler } from "../../../lib/consumer/batch.ts";
import type { PaymentAnswer } from "../answers.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function paymentProcessed(clock: Clock): Handler<PaymentAnswer> {
  return {
    apply: (event, tx) =>
      advanceOrder(tx, event.payload.orderId, "payment.processed", clock(), {
        transactionId: event.payload.transactionId,
      }),
  };
}
