/** Records that no carrier accepts the shipment of an order. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function shipmentFailed(facts: FactsBatch): Handler<EventMap, "shipment.failed"> {
  return { apply: async (event, tx) => facts.take(tx, event, "shipment.failed") };
}
