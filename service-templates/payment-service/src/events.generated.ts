/**
 * The events of payment-service, typed from their schemas.
 * Made from topics/ by `npx kit generate events`: change the schemas, and run it again.
 */

/** Payloads of the events that payment-service reads, by event type. */
export type ConsumedEvents = {
  /** Topic order-events, key orderId. */
  readonly "order.cancelled": OrderCancelled;
  /** Topic order-events, key orderId. */
  readonly "order.created": OrderCreated;
};

/** Payloads of the events that payment-service publishes, by event type. */
export type PublishedEvents = {
  /** Topic payment-events, key orderId. */
  readonly "payment.failed": NewPaymentFailed;
  /** Topic payment-events, key orderId. */
  readonly "payment.processed": NewPaymentProcessed;
  /** Topic payment-events, key orderId. */
  readonly "payment.refunded": PaymentRefunded;
};

/** What the service's handlers and its outbox are typed by. */
export interface EventMap {
  readonly consumes: ConsumedEvents;
  readonly publishes: PublishedEvents;
}

/**
 * The order is final and will not be delivered: whoever acted for it compensates. After order.confirmed only where it
 * can't be shipped.
 */
export interface OrderCancelled {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
  /**
   * Why: payment_declined, payment_unavailable, insufficient_stock, timed_out or undeliverable. A text, so that a new
   * reason does not break readers.
   */
  readonly reason: string;
  /** More for support, not for customers. */
  readonly detail: string | null;
}

/** An order was accepted: payment and inventory begin their part. */
export interface OrderCreated {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** When the order was accepted, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
  /** What was ordered. */
  readonly items: readonly OrderItem[];
  /** Sum of quantity times price over the items. */
  readonly totalAmount: number;
  /** Currency of all amounts, ISO 4217. */
  readonly currency: string;
  /** Where the order is delivered. */
  readonly shippingAddress: string;
  /** What the customer sent with the order; null: nothing. */
  readonly attachment: OrderAttachment | null;
  /**
   * When the order is given up where its answers are not there, milliseconds since 1970-01-01T00:00Z. Who is asked
   * after it declines.
   */
  readonly deadline: number | null;
}

/** One product of the order. */
export interface OrderItem {
  /** Product. */
  readonly productId: string;
  /** Number of pieces. */
  readonly quantity: number;
  /** Price of one piece, in the order's currency. */
  readonly price: number;
}

/** A gift note or document that the customer sent with the order. */
export interface OrderAttachment {
  /** File name, without a path. */
  readonly name: string;
  /** Media type, for example text/plain. */
  readonly mediaType: string;
  /** Bytes of the content. */
  readonly size: number;
  /** The content; null where the record's headers say that it is stored outside Kafka. */
  readonly data: Buffer | null;
}

/** The payment of an order was refused. */
export interface NewPaymentFailed {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** Transaction at the payment provider; the same for every attempt of one order. */
  readonly transactionId: string;
  /** Amount asked for. */
  readonly amount: number;
  /** Currency of all amounts, ISO 4217. */
  readonly currency: string;
  /** Why: payment_declined or provider_unavailable. */
  readonly reason: string;
  /**
   * Code the provider gave.
   * @default null
   */
  readonly providerCode?: string | null;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** The payment of an order was authorised and captured. */
export interface NewPaymentProcessed {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** Transaction at the payment provider; the same for every attempt of one order. */
  readonly transactionId: string;
  /** Amount captured. */
  readonly amount: number;
  /** Currency of all amounts, ISO 4217. */
  readonly currency: string;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
  /**
   * Payment provider.
   * @default "simulator"
   */
  readonly provider?: string;
}

/** What was captured for a cancelled order was given back. */
export interface PaymentRefunded {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** Transaction at the payment provider; the same for every attempt of one order. */
  readonly transactionId: string;
  /** Refund at the payment provider; the same for every attempt. */
  readonly refundId: string;
  /** Amount given back. */
  readonly amount: number;
  /** Currency of all amounts, ISO 4217. */
  readonly currency: string;
  /** Why the order was cancelled. */
  readonly reason: string;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}
