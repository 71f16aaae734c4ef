/**
 * The events of order-service, typed from their schemas.
 * Made from topics/ by `npx kit generate events`: change the schemas, and run it again.
 */

/** Payloads of the events that order-service reads, by event type. */
export type ConsumedEvents = {
  /** Topic inventory-events, key orderId. */
  readonly "inventory.insufficient": InventoryInsufficient;
  /** Topic inventory-events, key orderId. */
  readonly "inventory.released": InventoryReleased;
  /** Topic inventory-events, key orderId. */
  readonly "inventory.reserved": InventoryReserved;
  /** Topic payment-events, key orderId. */
  readonly "payment.failed": PaymentFailed;
  /** Topic payment-events, key orderId. */
  readonly "payment.processed": PaymentProcessed;
  /** Topic payment-events, key orderId. */
  readonly "payment.refunded": PaymentRefunded;
  /** Topic shipping-events, key orderId. */
  readonly "shipment.failed": ShipmentFailed;
};

/** Payloads of the events that order-service publishes, by event type. */
export type PublishedEvents = {
  /** Topic order-events, key orderId. */
  readonly "order.cancelled": NewOrderCancelled;
  /** Topic order-events, key orderId. */
  readonly "order.confirmed": NewOrderConfirmed;
  /** Topic order-events, key orderId. */
  readonly "order.created": NewOrderCreated;
};

/** What the service's handlers and its outbox are typed by. */
export interface EventMap {
  readonly consumes: ConsumedEvents;
  readonly publishes: PublishedEvents;
}

/** At least one item of an order is not in stock; nothing was reserved. */
export interface InventoryInsufficient {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Products with too few pieces. */
  readonly shortages: readonly Shortage[];
  /** Why: insufficient_stock. */
  readonly reason: string;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** A product with too few pieces. */
export interface Shortage {
  /** Product. */
  readonly productId: string;
  /** Pieces ordered. */
  readonly requested: number;
  /** Pieces in stock when it was looked at. */
  readonly available: number;
}

/** What was reserved for a cancelled order is back in stock. */
export interface InventoryReleased {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Reservation that ended. */
  readonly reservationId: string;
  /** What went back. */
  readonly items: readonly ReleasedItem[];
  /** Why the order was cancelled. */
  readonly reason: string;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** Pieces of one product given back. */
export interface ReleasedItem {
  /** Product. */
  readonly productId: string;
  /** Number of pieces. */
  readonly quantity: number;
}

/** All items of an order are reserved. */
export interface InventoryReserved {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Reservation; the same for every attempt of one order. */
  readonly reservationId: string;
  /** What was set aside. */
  readonly items: readonly ReservedItem[];
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** Pieces of one product set aside. */
export interface ReservedItem {
  /** Product. */
  readonly productId: string;
  /** Number of pieces. */
  readonly quantity: number;
}

/** The payment of an order was refused. */
export interface PaymentFailed {
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
  /** Code the provider gave. */
  readonly providerCode: string | null;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** The payment of an order was authorised and captured. */
export interface PaymentProcessed {
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
  /** Payment provider. */
  readonly provider: string;
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

/** No carrier takes the shipment of a confirmed order: it is not delivered, and no carrier holds a booking for it. */
export interface ShipmentFailed {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Shipment; the same for every attempt of one order. */
  readonly shipmentId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** Why: address_not_served. A text, so that a new reason does not break readers. */
  readonly reason: string;
  /** Carriers that refused it, in the order in which they did. */
  readonly rejectedBy: readonly string[];
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/**
 * The order is final and will not be delivered: whoever acted for it compensates. After order.confirmed only where it
 * can't be shipped.
 */
export interface NewOrderCancelled {
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
  /**
   * More for support, not for customers.
   * @default null
   */
  readonly detail?: string | null;
}

/**
 * Payment and stock are both good: the order can be shipped. It is final unless no carrier takes it: then
 * order.cancelled follows.
 */
export interface NewOrderConfirmed {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
  /** Amount that was paid. */
  readonly totalAmount: number;
  /** Currency of all amounts, ISO 4217. */
  readonly currency: string;
  /** What is to be shipped. */
  readonly items: readonly ConfirmedItem[];
  /** Where the order is delivered. */
  readonly shippingAddress: string;
  /**
   * Transaction at the payment provider.
   * @default ""
   */
  readonly transactionId?: string;
}

/** One product of the order. */
export interface ConfirmedItem {
  /** Product. */
  readonly productId: string;
  /** Number of pieces. */
  readonly quantity: number;
}

/** An order was accepted: payment and inventory begin their part. */
export interface NewOrderCreated {
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
  /**
   * What the customer sent with the order; null: nothing.
   * @default null
   */
  readonly attachment?: NewOrderAttachment | null;
  /**
   * When the order is given up where its answers are not there, milliseconds since 1970-01-01T00:00Z. Who is asked
   * after it declines.
   * @default null
   */
  readonly deadline?: number | null;
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
export interface NewOrderAttachment {
  /** File name, without a path. */
  readonly name: string;
  /** Media type, for example text/plain. */
  readonly mediaType: string;
  /** Bytes of the content. */
  readonly size: number;
  /**
   * The content; null where the record's headers say that it is stored outside Kafka.
   * @default null
   */
  readonly data?: Buffer | null;
}
