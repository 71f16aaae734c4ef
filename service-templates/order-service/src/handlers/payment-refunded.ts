/** Records that a cancelled order was refunded. */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function paymentRefunded(clock: Clock): Handler<EventMap, "payment.refunded"> {
  return {
    apply: (event, tx) => advanceOrder(tx, event.payload.orderId, "payment.refunded", clock()),
  };
}
