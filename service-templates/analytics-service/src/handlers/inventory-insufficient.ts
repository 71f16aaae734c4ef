/** Records that an order exceeds the stock. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function inventoryInsufficient(facts: FactsBatch): Handler<EventMap, "inventory.insufficient"> {
  return { apply: async (event, tx) => facts.take(tx, event, "inventory.insufficient") };
}
