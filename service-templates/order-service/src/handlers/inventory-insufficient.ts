/** Handles insufficient stock: the order is cancelled. */

import type { Clock } from "@event-platform-kit/service/clock";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function inventoryInsufficient(clock: Clock): Handler<EventMap, "inventory.insufficient"> {
  return {
    apply: (event, tx) =>
      advanceOrder(tx, event.payload.orderId, "inventory.insufficient", clock(), {
        detail:
          event.payload.shortages
            .map((item) => `${item.productId}: ${item.requested} wanted, ${item.available} there`)
            .join("; ") || null,
      }),
  };
}
