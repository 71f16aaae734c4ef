/** Payloads of the events this service consumes: the fields it needs of what the Avro schemas describe. Amounts are in units of the currency. */

interface OfOrder extends Record<string, unknown> {
  readonly orderId: string;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

interface OfCustomer extends OfOrder {
  readonly customerId: string;
}

export interface OrderCreated extends OfCustomer {
  readonly items: readonly { readonly quantity: number }[];
  readonly totalAmount: number;
  readonly currency: string;
  /** Null where nothing came with the order. */
  readonly attachment: { readonly name: string; readonly mediaType: string; readonly size: number } | null;
}

export interface OrderConfirmed extends OfCustomer {
  readonly shippingAddress: string;
}

export interface OrderCancelled extends OfCustomer {
  readonly reason: string;
}

export interface PaymentProcessed extends OfCustomer {
  readonly amount: number;
  readonly currency: string;
}

export interface PaymentFailed extends OfCustomer {
  readonly amount: number;
  readonly currency: string;
  readonly reason: string;
}

export interface PaymentRefunded extends OfCustomer {
  readonly amount: number;
  readonly currency: string;
}

export interface InventoryInsufficient extends OfOrder {
  readonly shortages: readonly { readonly productId: string; readonly requested: number; readonly available: number }[];
}

export interface ShipmentCreated extends OfCustomer {
  readonly carrier: string;
  readonly trackingNumber: string | null;
}

export interface ShipmentFailed extends OfCustomer {
  readonly reason: string;
}

export interface ShipmentDispatched extends OfOrder {
  readonly carrier: string;
  readonly trackingNumber: string;
  readonly estimatedDelivery: number | null;
}

export interface ShipmentDelivered extends OfOrder {
  readonly carrier: string;
  readonly receivedBy: string | null;
}
