/** Payloads of the events this service consumes: the fields it needs of what the Avro schemas describe. */

export interface OrderedItem {
  readonly productId: string;
  readonly quantity: number;
}

export interface OrderCreated extends Record<string, unknown> {
  readonly orderId: string;
  readonly items: readonly OrderedItem[];
}

export interface OrderConfirmed extends Record<string, unknown> {
  readonly orderId: string;
}

export interface OrderCancelled extends Record<string, unknown> {
  readonly orderId: string;
  readonly reason: string;
}
