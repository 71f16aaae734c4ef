/** Records that the payment of an order failed. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function paymentFailed(facts: FactsBatch): Handler<EventMap, "payment.failed"> {
  return { apply: async (event, tx) => facts.take(tx, event, "payment.failed") };
}
