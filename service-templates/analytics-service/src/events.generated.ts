/**
 * The events of analytics-service, typed from their schemas.
 * Made from topics/ by `npx kit generate events`: change the schemas, and run it again.
 */

/** Payloads of the events that analytics-service reads, by event type. */
export type ConsumedEvents = {
  /** Topic inventory-events, key orderId. */
  readonly "inventory.insufficient": InventoryInsufficient;
  /** Topic inventory-events, key orderId. */
  readonly "inventory.released": InventoryReleased;
  /** Topic inventory-events, key orderId. */
  readonly "inventory.reserved": InventoryReserved;
  /** Topic notification-events, key orderId. */
  readonly "notification.sent": NotificationSent;
  /** Topic order-events, key orderId. */
  readonly "order.cancelled": OrderCancelled;
  /** Topic order-events, key orderId. */
  readonly "order.confirmed": OrderConfirmed;
  /** Topic order-events, key orderId. */
  readonly "order.created": OrderCreated;
  /** Topic payment-events, key orderId. */
  readonly "payment.failed": PaymentFailed;
  /** Topic payment-events, key orderId. */
  readonly "payment.processed": PaymentProcessed;
  /** Topic payment-events, key orderId. */
  readonly "payment.refunded": PaymentRefunded;
  /** Topic shipping-events, key orderId. */
  readonly "shipment.created": ShipmentCreated;
  /** Topic shipping-events, key orderId. */
  readonly "shipment.delivered": ShipmentDelivered;
  /** Topic shipping-events, key orderId. */
  readonly "shipment.dispatched": ShipmentDispatched;
  /** Topic shipping-events, key orderId. */
  readonly "shipment.failed": ShipmentFailed;
};

/** Payloads of the events that analytics-service publishes, by event type. */
export type PublishedEvents = Record<never, never>;

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

/**
 * A message went to a customer and told about this order. One that tells about several orders is told of once for each,
 * under the same notificationId.
 */
export interface NotificationSent {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Message; the same for every attempt. */
  readonly notificationId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** How: email, sms or push. */
  readonly channel: string;
  /** Text that was used, for example order-confirmed, or order-updates where it tells of more than one thing. */
  readonly template: string;
  /** Last event type of the order that it tells about, for example order.confirmed. */
  readonly causedBy: string;
  /** When it was sent, milliseconds since 1970-01-01T00:00Z; the same for every order of the message. */
  readonly timestamp: number;
  /** All event types of the order that it tells about, in order of time. */
  readonly events: readonly string[];
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

/** A carrier accepted the shipment of an order. */
export interface ShipmentCreated {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Shipment; the same for every attempt of one order. */
  readonly shipmentId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** Carrier, for example fedex or ups. */
  readonly carrier: string;
  /** Where it is delivered. */
  readonly shippingAddress: string;
  /** What is in it. */
  readonly items: readonly ShippedItem[];
  /** The carrier's tracking number, once known. */
  readonly trackingNumber: string | null;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** Pieces of one product in the shipment. */
export interface ShippedItem {
  /** Product. */
  readonly productId: string;
  /** Number of pieces. */
  readonly quantity: number;
}

/** The shipment reached the customer. */
export interface ShipmentDelivered {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Shipment; the same for every attempt of one order. */
  readonly shipmentId: string;
  /** Carrier. */
  readonly carrier: string;
  /** The carrier's tracking number. */
  readonly trackingNumber: string;
  /** Who took it, as the carrier reports. */
  readonly receivedBy: string | null;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** The shipment left the warehouse. */
export interface ShipmentDispatched {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Shipment; the same for every attempt of one order. */
  readonly shipmentId: string;
  /** Carrier. */
  readonly carrier: string;
  /** The carrier's tracking number. */
  readonly trackingNumber: string;
  /** Expected arrival, milliseconds since 1970-01-01T00:00Z. */
  readonly estimatedDelivery: number | null;
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
