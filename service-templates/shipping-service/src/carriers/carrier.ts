/**
 * The outside carriers, as this service sees them. A booking has a reference that makes it repeatable:
 * the same reference is booked at most once, and never after it was made void. Calls take many
 * shipments; a carrier whose API takes one asks for them side by side.
 */

/** The carriers, in the order in which one follows the other. */
export const CARRIERS = ["fedex", "ups"] as const;
export type CarrierName = (typeof CARRIERS)[number];

export interface BookingRequest {
  /** Idempotency key of the booking. */
  readonly reference: string;
  readonly shipmentId: string;
  /** Where it is delivered. */
  readonly address: string;
  /** Which try of this reference it is, from 1; for the carrier's records. */
  readonly attempt: number;
}

/**
 * What the carrier said about one booking. `rejected` holds for this reference forever; `unavailable`
 * means that this call certainly booked nothing; `silent` that there was no answer: it may have.
 */
export type BookingAnswer =
  | { readonly outcome: "booked"; readonly trackingNumber: string; readonly expectedChangeAt: number }
  | { readonly outcome: "rejected"; readonly code: string }
  | { readonly outcome: "voided" }
  | { readonly outcome: "unavailable" }
  | { readonly outcome: "silent" };

/** What the carrier said about making a booking void; `silent`: it did not confirm. */
export type VoidAnswer = "void" | "silent";

/** Where a parcel is, as the carrier reports. Times are milliseconds since 1970-01-01T00:00Z. */
export interface TrackingReport {
  readonly state: "accepted" | "in_transit" | "delivered";
  readonly dispatchedAt?: number;
  readonly deliveredAt?: number;
  readonly estimatedDelivery?: number;
  /** When the carrier expects the next change; absent at the end. */
  readonly expectedChangeAt?: number;
  readonly receivedBy?: string;
}

export interface Carrier {
  readonly name: CarrierName;
  /** Books; one answer per request, in their order. When it rejects, all are `silent`. */
  book(requests: readonly BookingRequest[]): Promise<readonly BookingAnswer[]>;
  /** Makes sure that nothing is and nothing will be booked under these references; one answer each, in their order. When it rejects, all are `silent`. */
  makeVoid(bookings: readonly Pick<BookingRequest, "reference" | "shipmentId">[]): Promise<readonly VoidAnswer[]>;
  /** Reports by tracking number; without those the carrier does not know. Rejects with CarrierUnavailable when there was no answer. */
  track(trackingNumbers: readonly string[]): Promise<ReadonlyMap<string, TrackingReport>>;
}

/** The carrier did not answer in time, or with an error of its own. */
export class CarrierUnavailable extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CarrierUnavailable";
  }
}
