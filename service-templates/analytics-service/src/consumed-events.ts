/** Payloads of the events this service consumes: the fields it needs of what the Avro schemas describe. Amounts are in units of the currency. */

/** What every event of an order says. */
export interface OfOrder extends Record<string, unknown> {
  readonly orderId: string;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

export interface OrderCreated extends OfOrder {
  readonly items: readonly { readonly productId: string; readonly quantity: number; readonly price: number }[];
  readonly totalAmount: number;
  readonly currency: string;
}

export interface OrderConfirmed extends OfOrder {
  readonly items: readonly { readonly quantity: number }[];
  readonly totalAmount: number;
  readonly currency: string;
}

export interface OrderCancelled extends OfOrder {
  readonly reason: string;
}

export interface PaymentRefunded extends OfOrder {
  readonly amount: number;
  readonly currency: string;
}

export interface NotificationSent extends OfOrder {
  readonly notificationId: string;
  readonly channel: string;
}
