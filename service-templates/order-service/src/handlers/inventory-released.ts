/** The stock of a cancelled order went back. */

import type { Clock } from "../../../lib/clock.ts";
import type { Handler } from "../../../lib/consumer/batch.ts";
import type { InventoryAnswer } from "../answers.ts";
import { advanceOrder } from "../saga/advance-order.ts";

export function inventoryReleased(clock: Clock): Handler<InventoryAnswer> {
  return {
    apply: (event, tx) => advanceOrder(tx, event.payload.orderId, "inventory.released", clock()),
  };
}
