/** The events of a shipment, as their Avro schemas describe them. */
import type { Published } from "@event-platform-kit/service/events/event-map";
import type { CarrierName, TrackingReport } from "./carriers/carrier.ts";
import type { EventMap } from "./events.generated.ts";
import type { Shipment, Tracked } from "./shipments-table.ts";
import type { ShipmentStep } from "./tracking/decide.ts";

/** A carrier accepted the shipment. */
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

/** No carrier takes the shipment. */
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

/** A step that the carrier reported. It happened when the carrier says; `now` where it does not say. */
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
