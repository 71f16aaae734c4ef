/** Stock that was set aside is free again. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { OfOrder } from "../consumed-events.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function inventoryReleased(facts: FactsBatch): Handler<OfOrder> {
  return { apply: async (event, tx) => facts.take(tx, event, "inventory.released") };
}
