/** Handles a confirmed order that no carrier accepts: it is cancelled, and payment and inventory compensate. */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function shipmentFailed(clock: Clock): Handler<EventMap, "shipment.failed"> {
  return {
    apply({ payload: { orderId, reason, rejectedBy } }, tx) {
      return advanceOrder(tx, orderId, "shipment.failed", clock(), {
        detail: `${reason}${rejectedBy.length === 0 ? "" : `: ${rejectedBy.join(", ")}`}`,
      });
    },
  };
}
