/** Records that the stock of a cancelled order was released. */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function inventoryReleased(clock: Clock): Handler<EventMap, "inventory.released"> {
  return {
    apply: (event, tx) => advanceOrder(tx, event.payload.orderId, "inventory.released", clock()),
  };
}
