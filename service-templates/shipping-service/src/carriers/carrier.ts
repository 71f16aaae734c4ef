/**
 * Interface of the external carriers. A booking has a reference that makes it repeatable: a carrier books the same
 * reference at most once, and never after it was voided. Calls take many shipments; for a carrier whose API takes one,
 * the implementation sends parallel requests.
 */

/** The carriers, in the order in which the service tries them. */
export const CARRIERS = ["fedex", "ups"] as const;
export type CarrierName = (typeof CARRIERS)[number];

export interface BookingRequest {
  /** Idempotency key of the booking. */
  readonly reference: string;
  readonly shipmentId: string;
  /** Delivery address. */
  readonly address: string;
  /** Number of the attempt with this reference, from 1; for the carrier's records. */
  readonly attempt: number;
}

/**
 * The carrier's answer to one booking request. `rejected` is permanent for this reference; `unavailable` means that
 * this call certainly booked nothing; `silent` means that there was no answer: the carrier may have booked.
 */
export type BookingAnswer =
  | { readonly outcome: "booked"; readonly trackingNumber: string; readonly expectedChangeAt: number }
  | { readonly outcome: "rejected"; readonly code: string }
  | { readonly outcome: "voided" }
  | { readonly outcome: "unavailable" }
  | { readonly outcome: "silent" };

/** The carrier's answer to a void request; `silent`: it did not confirm. */
export type VoidAnswer = "void" | "silent";

/** The location of a parcel, as reported by the carrier. Times are milliseconds since 1970-01-01T00:00Z. */
export interface TrackingReport {
  readonly state: "accepted" | "in_transit" | "delivered";
  readonly dispatchedAt?: number;
  readonly deliveredAt?: number;
  readonly estimatedDelivery?: number;
  /** When the carrier expects the next change; absent after delivery. */
  readonly expectedChangeAt?: number;
  readonly receivedBy?: string;
}

export interface Carrier {
  readonly name: CarrierName;
  /** Books shipments; returns one answer per request, in their order. If it rejects, all answers are `silent`. */
  book(requests: readonly BookingRequest[]): Promise<readonly BookingAnswer[]>;
  /**
   * Guarantees that nothing is booked under these references, now or later; returns one answer each, in their order. If
   * it rejects, all answers are `silent`.
   */
  makeVoid(bookings: readonly Pick<BookingRequest, "reference" | "shipmentId">[]): Promise<readonly VoidAnswer[]>;
  /**
   * Returns reports by tracking number, without numbers that the carrier does not know. Rejects with CarrierUnavailable
   * if there was no answer.
   */
  track(trackingNumbers: readonly string[]): Promise<ReadonlyMap<string, TrackingReport>>;
}

/** The carrier did not answer within the timeout, or answered with an internal error. */
export class CarrierUnavailable extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CarrierUnavailable";
  }
}
