/** Records that the amount of an order was captured. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function paymentProcessed(facts: FactsBatch): Handler<EventMap, "payment.processed"> {
  return { apply: async (event, tx) => facts.take(tx, event, "payment.processed") };
}
