/** A carrier accepted the shipment of an order. */
import type { Handler } from "../../../lib/consumer/batch.ts";
import type { OfOrder } from "../consumed-events.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function shipmentCreated(facts: FactsBatch): Handler<OfOrder> {
  return { apply: async (event, tx) => facts.take(tx, event, "shipment.created") };
}
