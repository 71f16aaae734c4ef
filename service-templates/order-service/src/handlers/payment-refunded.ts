/** A cancelled order got its money back. */

import type { Clock } from "../../../lib/clock.ts";
import type { Handler } from "../../../lib/consumer/batch.ts";
import type { PaymentAnswer } from "../answers.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function paymentRefunded(clock: Clock): Handler<PaymentAnswer> {
  return {
    apply: (event, tx) => advanceOrder(tx, event.payload.orderId, "payment.refunded", clock()),
  };
}
