/**
 * The events of shipping-service, typed from their schemas.
 * Made from topics/ by `npx kit generate events`: change the schemas, and run it again.
 */

/** Payloads of the events that shipping-service reads, by event type. */
export type ConsumedEvents = {
  /** Topic order-events, key orderId. */
  readonly "order.confirmed": OrderConfirmed;
};

/** Payloads of the events that shipping-service publishes, by event type. */
export type PublishedEvents = {
  /** Topic shipping-events, key orderId. */
  readonly "shipment.created": NewShipmentCreated;
  /** Topic shipping-events, key orderId. */
  readonly "shipment.delivered": NewShipmentDelivered;
  /** Topic shipping-events, key orderId. */
  readonly "shipment.dispatched": NewShipmentDispatched;
  /** Topic shipping-events, key orderId. */
  readonly "shipment.failed": NewShipmentFailed;
};

/** What the service's handlers and its outbox are typed by. */
export interface EventMap {
  readonly consumes: ConsumedEvents;
  readonly publishes: PublishedEvents;
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

/** A carrier accepted the shipment of an order. */
export interface NewShipmentCreated {
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
  /**
   * The carrier's tracking number, once known.
   * @default null
   */
  readonly trackingNumber?: string | null;
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
export interface NewShipmentDelivered {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Shipment; the same for every attempt of one order. */
  readonly shipmentId: string;
  /** Carrier. */
  readonly carrier: string;
  /** The carrier's tracking number. */
  readonly trackingNumber: string;
  /**
   * Who took it, as the carrier reports.
   * @default null
   */
  readonly receivedBy?: string | null;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** The shipment left the warehouse. */
export interface NewShipmentDispatched {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Shipment; the same for every attempt of one order. */
  readonly shipmentId: string;
  /** Carrier. */
  readonly carrier: string;
  /** The carrier's tracking number. */
  readonly trackingNumber: string;
  /**
   * Expected arrival, milliseconds since 1970-01-01T00:00Z.
   * @default null
   */
  readonly estimatedDelivery?: number | null;
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}

/** No carrier takes the shipment of a confirmed order: it is not delivered, and no carrier holds a booking for it. */
export interface NewShipmentFailed {
  /** Order the event belongs to; the record key. */
  readonly orderId: string;
  /** Shipment; the same for every attempt of one order. */
  readonly shipmentId: string;
  /** Customer who placed the order. */
  readonly customerId: string;
  /** Why: address_not_served. A text, so that a new reason does not break readers. */
  readonly reason: string;
  /**
   * Carriers that refused it, in the order in which they did.
   * @default []
   */
  readonly rejectedBy?: readonly string[];
  /** When it happened, milliseconds since 1970-01-01T00:00Z. */
  readonly timestamp: number;
}
