/** An order asks for more than is in stock. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { OfOrder } from "../consumed-events.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function inventoryInsufficient(facts: FactsBatch): Handler<OfOrder> {
  return { apply: async (event, tx) => facts.take(tx, event, "inventory.insufficient") };
}
