/** A cancelled order got its money back. */
import type { Handler } from "../../../lib/consumer/batch.ts";
import type { Clock } from "../../../lib/clock.ts";
import { advanceOrder } from "../saga/advance-order.ts";
import type { PaymentAnswer } from "../answers.ts";

export function paymentRefunded(clock: Clock): Handler<PaymentAnswer> {
  return {
    apply: (event, tx) => advanceOrder(tx, event.payload.orderId, "payment.refunded", clock()),
  };
}
