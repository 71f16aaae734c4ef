/**
 * Interface of the external payment provider. Every call has an id that makes it repeatable: the same id never moves
 * money twice.
 */

export interface Charge {
  /** Idempotency key of the capture. */
  readonly transactionId: string;
  readonly orderId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
}

/** The provider's answer to a capture. */
export type CaptureOutcome = { readonly outcome: "captured" } | { readonly outcome: "declined"; readonly code: string };

/** Result of voiding a transaction. Amounts in minor units. */
export type Reversal =
  | { readonly captured: false }
  | { readonly captured: true; readonly amount: number; readonly currency: string };

export interface PaymentProvider {
  /** Authorises and captures. Rejects if there was no answer: then it is unknown whether money moved. */
  capture(charge: Charge): Promise<CaptureOutcome>;
  /** Refunds a captured amount; does nothing if it was already refunded. */
  refund(transactionId: string): Promise<void>;
  /**
   * Guarantees that nothing is captured under this id, now or later, and refunds what was captured. Returns the same
   * result each time.
   */
  void(transaction: Pick<Charge, "transactionId" | "orderId">): Promise<Reversal>;
}

/** The provider did not answer within the timeout, or answered with an internal error. */
export class ProviderUnavailable extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProviderUnavailable";
  }
}
