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
export type CaptureOutcome = { readonly outcome: "captured" } | { readonly outcome: "declined"; readonly code: string };

/** What making a transaction void came to. Amounts in minor units. */
export type Reversal =
  | { readonly captured: false }
  | { readonly captured: true; readonly amount: number; readonly currency: string };

export interface PaymentProvider {
  /** Authorises and captures. Rejects when there was no answer: then it is unknown whether money moved. */
  capture(charge: Charge): Promise<CaptureOutcome>;
  /** Gives a captured amount back; at once done when it already was. */
  refund(transactionId: string): Promise<void>;
  /** Makes sure that nothing is and nothing will be captured under this id, and gives back what was; says the same each time. */
  void(transaction: Pick<Charge, "transactionId" | "orderId">): Promise<Reversal>;
}

/** The provider did not answer in time, or with an error of its own. */
export class ProviderUnavailable extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProviderUnavailable";
  }
}
