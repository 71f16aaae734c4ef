/**
 * An order as this service stores it, and its events. Amounts are minor units (cents) here, decimal numbers in events
 * and answers.
 */
import type { Published } from "@event-platform-kit/service/events/event-map";
import type { Document } from "./attachment.ts";
import type { EventMap } from "./events.generated.ts";
import type { SagaState } from "./saga/state-machine.ts";

export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
  /** Price of one piece in minor units, from the price list. */
  readonly unitPrice: number;
}

/** Delivery address: one line of text, or its parts. */
export type ShippingAddress =
  | string
  | {
      readonly name?: string;
      readonly street: string;
      readonly postalCode: string;
      readonly city: string;
      /** ISO 3166-1, two letters. */
      readonly country: string;
    };

export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  readonly items: readonly OrderItem[];
  /** Minor units. */
  readonly totalAmount: number;
  readonly currency: string;
  readonly shippingAddress: ShippingAddress;
  readonly saga: SagaState;
  /** Transaction at the payment provider, if known. */
  readonly transactionId?: string;
}

/** Returns minor units as the decimal number of events and answers. */
export function toDecimal(minor: number): number {
  return minor / 100;
}

/** Returns a decimal amount in minor units; undefined if it has more than two decimal places. */
export function toMinor(amount: number): number | undefined {
  const minor = Math.round(amount * 100);
  return Math.abs(amount * 100 - minor) < 1e-6 ? minor : undefined;
}

export function addressText(address: ShippingAddress): string {
  if (typeof address === "string") return address;
  return [address.name, address.street, `${address.postalCode} ${address.city}`, address.country]
    .filter((part) => part !== undefined)
    .join(", ");
}

export function orderCreated(
  order: Order,
  timestamp: number,
  document?: Document,
): Published<EventMap, "order.created"> {
  return {
    type: "order.created",
    key: order.orderId,
    payload: {
      orderId: order.orderId,
      customerId: order.customerId,
      timestamp,
      items: order.items.map((item) => ({
        productId: item.productId,
        quantity: item.quantity,
        price: toDecimal(item.unitPrice),
      })),
      totalAmount: toDecimal(order.totalAmount),
      currency: order.currency,
      shippingAddress: addressText(order.shippingAddress),
      attachment:
        document === undefined
          ? null
          : {
              name: document.attachment.name,
              mediaType: document.attachment.mediaType,
              size: document.attachment.size,
              data: document.data,
            },
    },
  };
}

/**
 * Returns order.created with its deadline, which is known once the order is stored.
 * @param deadline - When the order is cancelled if answers are missing, in milliseconds since the epoch by the
 * database's clock.
 */
export function withDeadline(
  created: Published<EventMap, "order.created">,
  deadline: number,
): Published<EventMap, "order.created"> {
  return { ...created, payload: { ...created.payload, deadline } };
}

export function orderConfirmed(order: Order, timestamp: number): Published<EventMap, "order.confirmed"> {
  return {
    type: "order.confirmed",
    key: order.orderId,
    payload: {
      orderId: order.orderId,
      customerId: order.customerId,
      timestamp,
      totalAmount: toDecimal(order.totalAmount),
      currency: order.currency,
      items: order.items.map((item) => ({ productId: item.productId, quantity: item.quantity })),
      shippingAddress: addressText(order.shippingAddress),
      transactionId: order.transactionId ?? "",
    },
  };
}

export function orderCancelled(
  order: Order,
  timestamp: number,
  detail: string | null,
): Published<EventMap, "order.cancelled"> {
  return {
    type: "order.cancelled",
    key: order.orderId,
    payload: {
      orderId: order.orderId,
      customerId: order.customerId,
      timestamp,
      reason: order.saga.reason ?? "timed_out",
      detail,
    },
  };
}
