/** Records that the stock of an order was released. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function inventoryReleased(facts: FactsBatch): Handler<EventMap, "inventory.released"> {
  return { apply: async (event, tx) => facts.take(tx, event, "inventory.released") };
}
