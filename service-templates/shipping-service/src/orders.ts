/** Payload of the event this service consumes: the fields it needs of what the Avro schema describes. */

export interface ShippedItem {
  readonly productId: string;
  readonly quantity: number;
}

export interface OrderConfirmed extends Record<string, unknown> {
  readonly orderId: string;
  readonly customerId: string;
  readonly items: readonly ShippedItem[];
  readonly shippingAddress: string;
}
