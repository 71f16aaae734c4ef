/** The events of an order from its creation to its delivery, as their producers would write them. */
import type { OrderRecords } from "./order-records.ts";
import type { RawOut } from "./records.ts";

export interface OrderLife {
  readonly orderId: string;
  readonly customerId: string;
  /** When it was placed, milliseconds since the epoch; each further step is 10 ms later. */
  readonly placedAt: number;
  readonly currency?: string;
  /** @default 2 mice for 49.80 */
  readonly items?: readonly { readonly productId: string; readonly quantity: number; readonly price: number }[];
}

const GOOD = [
  "order.created",
  "payment.processed",
  "inventory.reserved",
  "order.confirmed",
  "shipment.created",
  "shipment.dispatched",
  "shipment.delivered",
] as const;
const SOLD_OUT = [
  "order.created",
  "payment.processed",
  "inventory.insufficient",
  "order.cancelled",
  "payment.refunded",
] as const;
const DECLINED = [
  "order.created",
  "payment.failed",
  "inventory.reserved",
  "order.cancelled",
  "inventory.released",
] as const;
/** The steps of an order by its terminal state. */
export const COURSES = { delivered: GOOD, insufficient_stock: SOLD_OUT, payment_declined: DECLINED } as const;
export type Course = keyof typeof COURSES;

/** One record per step. */
export function orderLife(records: OrderRecords, life: OrderLife, course: Course): readonly RawOut[] {
  return COURSES[course].map((event, place) =>
    records.record(event, life.orderId, payloadOf(event, life, course, life.placedAt + place * 10)),
  );
}

/** The payload of one step. */
export function payloadOf(event: string, life: OrderLife, course: Course, timestamp: number): Record<string, unknown> {
  const {
    orderId,
    customerId,
    currency = "EUR",
    items = [{ productId: "sku-mouse", quantity: 2, price: 24.9 }],
  } = life;
  const total = Math.round(items.reduce((sum, item) => sum + item.quantity * item.price * 100, 0)) / 100;
  const pieces = items.map(({ productId, quantity }) => ({ productId, quantity }));
  const money = { orderId, customerId, transactionId: "t-1", amount: total, currency, timestamp };
  const parcel = { orderId, shipmentId: "s-1", carrier: "ups", trackingNumber: "1Z1", timestamp };
  switch (event) {
    case "order.created":
      return {
        orderId,
        customerId,
        timestamp,
        items,
        totalAmount: total,
        currency,
        shippingAddress: "1 Main Street, Berlin",
      };
    case "order.confirmed":
      return {
        orderId,
        customerId,
        timestamp,
        totalAmount: total,
        currency,
        items: pieces,
        shippingAddress: "1 Main Street, Berlin",
        transactionId: "t-1",
      };
    case "order.cancelled":
      return { orderId, customerId, timestamp, reason: course, detail: null };
    case "payment.processed":
      return { ...money, provider: "simulator" };
    case "payment.failed":
      return { ...money, reason: course, providerCode: null };
    case "payment.refunded":
      return { ...money, refundId: "r-1", reason: course };
    case "inventory.reserved":
      return { orderId, reservationId: orderId, items: pieces, timestamp };
    case "inventory.released":
      return { orderId, reservationId: orderId, items: pieces, reason: course, timestamp };
    case "inventory.insufficient":
      return {
        orderId,
        shortages: pieces.map(({ productId, quantity }) => ({ productId, requested: quantity, available: 0 })),
        reason: course,
        timestamp,
      };
    case "shipment.created":
      return { ...parcel, customerId, shippingAddress: "1 Main Street, Berlin", items: pieces };
    case "shipment.dispatched":
      return { ...parcel, estimatedDelivery: null };
    case "shipment.delivered":
      return { ...parcel, receivedBy: "customer" };
    default:
      throw new Error(`no payload for ${event}`);
  }
}
