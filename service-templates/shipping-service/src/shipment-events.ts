/** The events of a shipment, according to their Avro schemas. */
import type { Published } from "@event-platform-kit/service/events/event-map";
import type { CarrierName, TrackingReport } from "./carriers/carrier.ts";
import type { EventMap } from "./events.generated.ts";
import type { Shipment, Tracked } from "./shipments-table.ts";
import type { ShipmentStep } from "./tracking/decide.ts";

/** Returns the event for a shipment that a carrier accepted. */
export function shipmentCreated(
  shipment: Shipment,
  carrier: CarrierName,
  trackingNumber: string,
  timestamp: number,
): Published<EventMap, "shipment.created"> {
  const { orderId, shipmentId, customerId, shippingAddress, items } = shipment;
  return {
    type: "shipment.created",
    key: orderId,
    payload: { orderId, shipmentId, customerId, carrier, shippingAddress, items, trackingNumber, timestamp },
  };
}

/** Returns the event for a shipment that no carrier accepts. */
export function shipmentFailed(
  shipment: Shipment,
  rejectedBy: readonly CarrierName[],
  timestamp: number,
): Published<EventMap, "shipment.failed"> {
  const { orderId, shipmentId, customerId } = shipment;
  return {
    type: "shipment.failed",
    key: orderId,
    payload: { orderId, shipmentId, customerId, reason: "address_not_served", rejectedBy, timestamp },
  };
}

/** Returns the event for a step that the carrier reported. Its time is the carrier's; `now` if the carrier gives none. */
export function shipmentStep(
  step: ShipmentStep,
  shipment: Tracked,
  carrier: CarrierName,
  report: TrackingReport,
  now: number,
): Published<EventMap, ShipmentStep> {
  const { orderId, shipmentId, trackingNumber } = shipment;
  const common = { orderId, shipmentId, carrier, trackingNumber };
  if (step === "shipment.dispatched")
    return {
      type: step,
      key: orderId,
      payload: {
        ...common,
        estimatedDelivery: report.estimatedDelivery ?? null,
        timestamp: report.dispatchedAt ?? now,
      },
    };
  return {
    type: step,
    key: orderId,
    payload: { ...common, receivedBy: report.receivedBy ?? null, timestamp: report.deliveredAt ?? now },
  };
}
