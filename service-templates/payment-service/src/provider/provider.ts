/**
 * The outside payment provider, as this service sees it. Every call carries an id that makes it
 * repeatable: the same id never moves money twice.
 */

export interface Charge {
  /** Idempotency key of the capture. */
  readonly transactionId: string;
  readonly orderId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
}

/** What the provider said about a capture. */
export type CaptureOutcome =
  | { readonly outcome: "captured" }
  | { readonly outcome: "declined"; readonly code: string };

export interface PaymentProvider {
  /** Authorises and captures. Rejects when there was no answer: then it is unknown whether money moved. */
  capture(charge: Charge): Promise<CaptureOutcome>;
  /** Gives a captured amount back; at once done when it already was. */
  refund(transactionId: string): Promise<void>;
  /** Makes sure that nothing is and nothing will be captured under this id. */
  void(charge: Charge): Promise<void>;
}

/** The provider did not answer in time, or with an error of its own. */
export class ProviderUnavailable extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProviderUnavailable";
  }
}
