/** Payloads of the events this service consumes: the fields it needs of what the Avro schemas describe. */

export interface OrderCreated extends Record<string, unknown> {
  readonly orderId: string;
  readonly customerId: string;
  /** In units of the currency, with decimals. */
  readonly totalAmount: number;
  readonly currency: string;
}

export interface OrderCancelled extends Record<string, unknown> {
  readonly orderId: string;
  readonly customerId: string;
  readonly reason: string;
}
