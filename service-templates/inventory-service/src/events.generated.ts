/**
 * The events of inventory-service, typed from their schemas.
 * Made from topics/ by `npx kit generate events`: change the schemas, and run it again.
 */

/** Payloads of the events that inventory-service reads, by event type. */
export type ConsumedEvents = {
  /** Topic order-events, key orderId. */
  readonly "order.cancelled": OrderCancelled;
  /** Topic order-events, key orderId. */
  readonly "order.confirmed": OrderConfirmed;
  /** Topic order-events, key orderId. */
  readonly "order.created": OrderCreated;
};

/** Payloads of the events that inventory-service publishes, by event type. */
export type PublishedEvents = {
  /** Topic inventory-events, key orderId. */
  readonly "inventory.insufficient": NewInventoryInsufficient;
  /** Topic inventory-events, key orderId. */
  readonly "inventory.released": InventoryReleased;
  /** Topic inventory-events, key orderId. */
  readonly "inventory.reserved": InventoryReserved;
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

/**
 * Payment and stock are both good: the order can be shipped. It is final unless no carrier takes it: then
 * order.cancelled follows.
 */
export interface OrderConfirmed {
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
  /** Transaction at the payment provider. */
  readonly transactionId: string;
}

/** One product of the order. */
export interface ConfirmedItem {
  /** Product. */
  readonly productId: string;
  /** Number of pieces. */
  readonly quantity: number;
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

/** At least one item of an order is not in stock; nothing was reserved. */
export interface NewInventoryInsufficient {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Products with too few pieces. */
  readonly shortages: readonly Shortage[];
  /**
   * Why: insufficient_stock.
   * @default "insufficient_stock"
   */
  readonly reason?: string;
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
