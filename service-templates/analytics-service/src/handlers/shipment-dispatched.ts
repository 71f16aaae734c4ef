/** Records that a shipment left the warehouse. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function shipmentDispatched(facts: FactsBatch): Handler<EventMap, "shipment.dispatched"> {
  return { apply: async (event, tx) => facts.take(tx, event, "shipment.dispatched") };
}
