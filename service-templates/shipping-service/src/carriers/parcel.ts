/** The way of a simulated parcel: what the carrier reports, given when it was booked and how long each leg takes. */
import type { TrackingReport } from "./carrier.ts";

export interface Durations {
  /** From the booking until the parcel leaves the warehouse, in milliseconds. */
  readonly dispatchMs: number;
  /** From there to the customer's door, in milliseconds. */
  readonly deliveryMs: number;
}

/** The report at a moment. */
export function reportOf(bookedAt: number, now: number, { dispatchMs, deliveryMs }: Durations): TrackingReport {
  const dispatchedAt = bookedAt + dispatchMs;
  const deliveredAt = dispatchedAt + deliveryMs;
  if (now >= deliveredAt)
    return { state: "delivered", dispatchedAt, deliveredAt, estimatedDelivery: deliveredAt, receivedBy: "customer" };
  if (now >= dispatchedAt)
    return { state: "in_transit", dispatchedAt, estimatedDelivery: deliveredAt, expectedChangeAt: deliveredAt };
  return { state: "accepted", estimatedDelivery: deliveredAt, expectedChangeAt: dispatchedAt };
}
