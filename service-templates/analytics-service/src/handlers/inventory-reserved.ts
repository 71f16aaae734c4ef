/** The stock of an order was set aside. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { OfOrder } from "../consumed-events.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function inventoryReserved(facts: FactsBatch): Handler<OfOrder> {
  return { apply: async (event, tx) => facts.take(tx, event, "inventory.reserved") };
}
