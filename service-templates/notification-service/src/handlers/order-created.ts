/** An order was accepted: the customer gets its receipt, with the words of a gift note that came with it. */

import type { ClaimChecks } from "@event-platform-kit/service/claim-check";
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { OrderCreated } from "../consumed-events.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { counted, money, printable, shortened } from "../wording.ts";

export function orderCreated(
  notices: NoticeBatch,
  claimChecks: Pick<ClaimChecks, "read">,
): Handler<OrderCreated, string> {
  return {
    /** What is said of the attachment. Only a text is read: nobody looks at the others here. */
    async prepare(event) {
      const { attachment } = event.payload;
      if (attachment === null) return "";
      const name = shortened(printable(attachment.name));
      if (attachment.mediaType !== "text/plain") return ` ${name} came with it.`;
      const note = await claimChecks.read(event, "attachment.data");
      return ` Your note ${name} says: ${shortened(printable(note?.toString("utf8") ?? ""))}`;
    },
    apply: async (event, tx, attached) =>
      notices.take(tx, event, {
        customerId: event.payload.customerId,
        template: "order-received",
        headline: "We have your order",
        line: `We received your order of ${counted(
          event.payload.items.reduce((sum, item) => sum + item.quantity, 0),
          "piece",
        )} for ${money(event.payload.totalAmount, event.payload.currency)}.${attached}`,
      }),
  };
}
