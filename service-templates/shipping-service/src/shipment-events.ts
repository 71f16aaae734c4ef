/** The events of a shipment, as their Avro schemas describe them. */
import type { NewEvent } from "@event-platform-kit/service/events/envelope";
import type { CarrierName, TrackingReport } from "./carriers/carrier.ts";
import type { Shipment, Tracked } from "./shipments-table.ts";
import type { ShipmentStep } from "./tracking/decide.ts";

/** A carrier accepted the shipment. */
export function shipmentCreated(
  shipment: Shipment,
  carrier: CarrierName,
  trackingNumber: string,
  timestamp: number,
): NewEvent {
  const { orderId, shipmentId, customerId, shippingAddress, items } = shipment;
  return {
    type: "shipment.created",
    key: orderId,
    payload: { orderId, shipmentId, customerId, carrier, shippingAddress, items, trackingNumber, timestamp },
  };
}

/** No carrier takes the shipment. */
export function shipmentFailed(shipment: Shipment, rejectedBy: readonly CarrierName[], timestamp: number): NewEvent {
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
): NewEvent {
  const { orderId, shipmentId, trackingNumber } = shipment;
  const common = { orderId, shipmentId, carrier, trackingNumber };
  return {
    type: step,
    key: orderId,
    payload:
      step === "shipment.dispatched"
        ? { ...common, estimatedDelivery: report.estimatedDelivery ?? null, timestamp: report.dispatchedAt ?? now }
        : { ...common, receivedBy: report.receivedBy ?? null, timestamp: report.deliveredAt ?? now },
  };
}
