/** Tells the customer that an order exceeds the stock. The event does not name the customer; another event does. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { counted, listed } from "../wording.ts";

export function inventoryInsufficient(notices: NoticeBatch): Handler<EventMap, "inventory.insufficient"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        template: "out-of-stock",
        headline: "Not everything is in stock",
        line: `Not in stock as ordered: ${listed(event.payload.shortages.map(({ productId, requested, available }) => `${productId} (${counted(requested, "piece")} ordered, ${Math.max(0, available)} there)`))}.`,
      }),
  };
}
