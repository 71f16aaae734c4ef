/** Records that an order was cancelled, with the reason. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function orderCancelled(facts: FactsBatch): Handler<EventMap, "order.cancelled"> {
  return { apply: async (event, tx) => facts.take(tx, event, "order.cancelled", { reason: event.payload.reason }) };
}
