/** Payloads of the events this service consumes: the fields it needs of what the Avro schemas describe. */

/** payment.processed, payment.failed, payment.refunded. */
export interface PaymentAnswer extends Record<string, unknown> {
  readonly orderId: string;
  readonly transactionId: string;
  /** Present where the payment failed or was refunded. */
  readonly reason?: string;
}

/** inventory.reserved, inventory.insufficient, inventory.released. */
export interface InventoryAnswer extends Record<string, unknown> {
  readonly orderId: string;
  /** Present where there was too little. */
  readonly shortages?: readonly {
    readonly productId: string;
    readonly requested: number;
    readonly available: number;
  }[];
}

/** shipment.failed. */
export interface ShipmentAnswer extends Record<string, unknown> {
  readonly orderId: string;
  readonly reason: string;
  /** Carriers that refused the shipment. */
  readonly rejectedBy: readonly string[];
}
