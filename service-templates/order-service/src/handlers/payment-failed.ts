/** Handles a failed payment: it was declined, or the provider was unavailable. The order is cancelled. */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function paymentFailed(clock: Clock): Handler<EventMap, "payment.failed"> {
  return {
    apply({ payload: { orderId, transactionId, reason } }, tx) {
      const input = reason === "provider_unavailable" ? "payment.unavailable" : "payment.failed";
      return advanceOrder(tx, orderId, input, clock(), { transactionId, detail: reason });
    },
  };
}
