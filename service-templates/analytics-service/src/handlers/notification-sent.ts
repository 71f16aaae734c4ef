/** Records that a customer was informed about an order. A message about several orders counts as one message. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import { requiredUuid } from "@event-platform-kit/service/ids";
import type { EventMap } from "../events.generated.ts";
import type { FactsBatch } from "../facts/facts-batch.ts";

export function notificationSent(facts: FactsBatch): Handler<EventMap, "notification.sent"> {
  return {
    apply: async (event, tx) => {
      const { notificationId, channel, timestamp } = event.payload;
      facts.takeMessage(tx, { messageId: requiredUuid(notificationId, "notificationId"), channel, sentAt: timestamp });
      return facts.take(tx, event, "notification.sent");
    },
  };
}
