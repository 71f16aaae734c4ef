/** The route of a simulated parcel: what the carrier reports, given the time of booking and the duration of each leg. */
import type { TrackingReport } from "./carrier.ts";

export interface Durations {
  /** Time from the booking until the parcel leaves the warehouse, in milliseconds. */
  readonly dispatchMs: number;
  /** Time from there to delivery, in milliseconds. */
  readonly deliveryMs: number;
}

/** Returns the report at a given time. */
export function reportOf(bookedAt: number, now: number, { dispatchMs, deliveryMs }: Durations): TrackingReport {
  const dispatchedAt = bookedAt + dispatchMs;
  const deliveredAt = dispatchedAt + deliveryMs;
  if (now >= deliveredAt)
    return { state: "delivered", dispatchedAt, deliveredAt, estimatedDelivery: deliveredAt, receivedBy: "customer" };
  if (now >= dispatchedAt)
    return { state: "in_transit", dispatchedAt, estimatedDelivery: deliveredAt, expectedChangeAt: deliveredAt };
  return { state: "accepted", estimatedDelivery: deliveredAt, expectedChangeAt: dispatchedAt };
}
