/** Tells the customer that a carrier accepted the shipment of an order. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";
import type { NoticeBatch } from "../notices/notice-batch.ts";
import { carrierName } from "../wording.ts";

export function shipmentCreated(notices: NoticeBatch): Handler<EventMap, "shipment.created"> {
  return {
    apply: async (event, tx) =>
      notices.take(tx, event, {
        customerId: event.payload.customerId,
        template: "shipment-prepared",
        headline: "Your parcel is being prepared",
        line: `${carrierName(event.payload.carrier)} will bring your parcel${event.payload.trackingNumber === null ? "" : `; its number is ${event.payload.trackingNumber}`}.`,
      }),
  };
}
