/** Tells the customer that a shipment was delivered. The event does not name the customer; another event does. */
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
