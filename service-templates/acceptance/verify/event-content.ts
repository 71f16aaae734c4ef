/**
 * Content of events, as evidence for the figures and the messages to customers: the few fields of a payload that they
 * depend on. No code of the judged services is used.
 */
import type { ContentOf } from "../../../cli/project/verification.ts";

/** One product of an order. */
export interface OrderedProduct {
  readonly productId: string;
  readonly pieces: number;
  /** Minor units, of all pieces. */
  readonly amount: number;
}

/** A message to a customer, according to the event that reports it. */
export interface ToldMessage {
  readonly messageId: string;
  readonly customerId: string;
  readonly channel: string;
  /** Types of the events of this order in the message. */
  readonly tells: readonly string[];
}

/** The fields of a payload. The event's type determines which ones are present; amounts are minor units. */
export interface EventContent {
  readonly orderId: string;
  /** Time of the event, milliseconds since the epoch, by the producer's clock. */
  readonly at: number;
  readonly currency?: string;
  readonly amount?: number;
  readonly pieces?: number;
  readonly products?: readonly OrderedProduct[];
  readonly reason?: string;
  readonly message?: ToldMessage;
}

/** Returns a decimal amount in minor units. */
function minor(amount: number): number {
  return Math.round(amount * 100);
}

/**
 * Returns the fields of a payload.
 * @throws TypeError with the field that is missing or has another type.
 */
export function contentOf({ type, key, payload, oneCopy }: Parameters<ContentOf>[0]): EventContent {
  const fields = asRecord(payload, type);
  const orderId = textIn(fields, "orderId");
  // Most records have this value as their key: one copy serves both.
  const base = { orderId: orderId === key ? key : orderId, at: numberIn(fields, "timestamp") };
  const money = (amount: string): { currency: string; amount: number } => ({
    currency: oneCopy(textIn(fields, "currency")),
    amount: minor(numberIn(fields, amount)),
  });
  switch (type) {
    case "order.created": {
      const products = listIn(fields, "items").map((item): OrderedProduct => {
        const line = asRecord(item, "items");
        const pieces = numberIn(line, "quantity");
        return {
          productId: oneCopy(textIn(line, "productId")),
          pieces,
          amount: pieces * minor(numberIn(line, "price")),
        };
      });
      return { ...base, ...money("totalAmount"), pieces: total(products), products };
    }
    case "order.confirmed":
      return {
        ...base,
        ...money("totalAmount"),
        pieces: total(
          listIn(fields, "items").map((item) => ({ pieces: numberIn(asRecord(item, "items"), "quantity") })),
        ),
      };
    case "order.cancelled":
      return { ...base, reason: oneCopy(textIn(fields, "reason")) };
    case "payment.refunded":
      return { ...base, ...money("amount") };
    case "notification.sent": {
      // Older events name only one type.
      const tells = (Array.isArray(fields.events) ? fields.events : []).filter(
        (type): type is string => typeof type === "string",
      );
      return {
        ...base,
        message: {
          messageId: textIn(fields, "notificationId"),
          customerId: textIn(fields, "customerId"),
          channel: oneCopy(textIn(fields, "channel")),
          tells: (tells.length > 0 ? tells : [textIn(fields, "causedBy")]).map(oneCopy),
        },
      };
    }
    default:
      return base;
  }
}

function total(items: readonly { readonly pieces: number }[]): number {
  return items.reduce((sum, { pieces }) => sum + pieces, 0);
}

type Fields = Readonly<Record<string, unknown>>;

function asRecord(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null) throw new TypeError(`${name} is no record`);
  return value as Fields;
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new TypeError(`${name} is no text`);
  return value;
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number") throw new TypeError(`${name} is no number`);
  return value;
}

function listIn(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list`);
  return value;
}
