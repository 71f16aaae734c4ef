/** Records that the stock of an order was reserved. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function inventoryReserved(facts: FactsBatch): Handler<EventMap, "inventory.reserved"> {
  return { apply: async (event, tx) => facts.take(tx, event, "inventory.reserved") };
}
