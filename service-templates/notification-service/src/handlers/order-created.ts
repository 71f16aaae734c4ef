/** Tells the customer that an order was accepted. The receipt contains the text of an attached gift note. */

import type { ClaimChecks } from "@event-platform-kit/service/claim-check";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { Received } from "@event-platform-kit/service/events/event-map";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { counted, money, printable, shortened } from "../wording.ts";

export function orderCreated(
  notices: NoticeBatch,
  claimChecks: Pick<ClaimChecks, "read">,
): Handler<EventMap, "order.created"> {
  return {
    async prepare(event) {
      const { customerId, items, totalAmount, currency } = event.payload;
      const attached = await attachmentOf(event, claimChecks);
      return async (tx) =>
        notices.take(tx, event, {
          customerId,
          template: "order-received",
          headline: "We have your order",
          line: `We received your order of ${counted(
            items.reduce((sum, item) => sum + item.quantity, 0),
            "piece",
          )} for ${money(totalAmount, currency)}.${attached}`,
        });
    },
  };
}

/** Returns the text about the attachment. Only text attachments are read. */
async function attachmentOf(
  event: Received<EventMap, "order.created">,
  claimChecks: Pick<ClaimChecks, "read">,
): Promise<string> {
  const { attachment } = event.payload;
  if (attachment === null) return "";
  const name = shortened(printable(attachment.name));
  if (attachment.mediaType !== "text/plain") return ` ${name} came with it.`;
  const note = await claimChecks.read(event, "attachment.data");
  return ` Your note ${name} says: ${shortened(printable(note?.toString("utf8") ?? ""))}`;
}
