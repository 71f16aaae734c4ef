/** Records that the payment was captured. If the stock is reserved too, the order is confirmed. */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function paymentProcessed(clock: Clock): Handler<EventMap, "payment.processed"> {
  return {
    apply: (event, tx) =>
      advanceOrder(tx, event.payload.orderId, "payment.processed", clock(), {
        transactionId: event.payload.transactionId,
      }),
  };
}
