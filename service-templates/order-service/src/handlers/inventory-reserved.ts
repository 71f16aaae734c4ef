/** Records that the stock is reserved. If the payment is captured too, the order is confirmed. */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function inventoryReserved(clock: Clock): Handler<EventMap, "inventory.reserved"> {
  return {
    apply: (event, tx) => advanceOrder(tx, event.payload.orderId, "inventory.reserved", clock()),
  };
}
