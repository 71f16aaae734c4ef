/** Tells the customer that a shipment left the warehouse. The event does not name the customer; another event does. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { carrierName, day } from "../wording.ts";

export function shipmentDispatched(notices: NoticeBatch): Handler<EventMap, "shipment.dispatched"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        template: "shipment-dispatched",
        headline: "Your parcel is on its way",
        line: `Your parcel ${event.payload.trackingNumber} is on its way with ${carrierName(event.payload.carrier)}${event.payload.estimatedDelivery === null ? "" : `, expected on ${day(event.payload.estimatedDelivery)}`}.`,
      }),
  };
}
