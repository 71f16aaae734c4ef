/** A shipment reached the customer. The event does not say whose the order is: another one does. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { carrierName } from "../wording.ts";

export function shipmentDelivered(notices: NoticeBatch): Handler<EventMap, "shipment.delivered"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        template: "shipment-delivered",
        headline: "Your parcel was delivered",
        line: `${carrierName(event.payload.carrier)} delivered your parcel${event.payload.receivedBy === null ? "" : ` to ${event.payload.receivedBy}`}.`,
      }),
  };
}
