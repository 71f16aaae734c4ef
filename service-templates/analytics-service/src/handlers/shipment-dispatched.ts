/** A shipment left the warehouse. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { OfOrder } from "../consumed-events.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function shipmentDispatched(facts: FactsBatch): Handler<OfOrder> {
  return { apply: async (event, tx) => facts.take(tx, event, "shipment.dispatched") };
}
