/** Records that a shipment was delivered. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function shipmentDelivered(facts: FactsBatch): Handler<EventMap, "shipment.delivered"> {
  return { apply: async (event, tx) => facts.take(tx, event, "shipment.delivered") };
}
