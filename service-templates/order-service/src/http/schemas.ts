/** Schemas of the requests. Unknown fields are refused, every text and list has a limit. */
import { BODY_LIMIT } from "@event-platform-kit/service/http";
import { LARGEST_ATTACHMENT } from "../attachment.ts";

export const LIMITS = {
  items: 100,
  quantity: 1_000,
  productId: 64,
  address: 500,
  addressPart: 120,
  page: 100,
} as const;

const text = (maxLength: number): object => ({ type: "string", minLength: 1, maxLength });

/** Largest body of an order in bytes: a document in base64, plus the usual limit for the rest. */
export const ORDER_BODY_LIMIT = BODY_LIMIT + Math.ceil(LARGEST_ATTACHMENT / 3) * 4;

export const PLACE_ORDER_BODY = {
  type: "object",
  additionalProperties: false,
  required: ["items", "currency", "shippingAddress"],
  properties: {
    items: {
      type: "array",
      minItems: 1,
      maxItems: LIMITS.items,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["productId", "quantity"],
        properties: {
          productId: {
            type: "string",
            minLength: 1,
            maxLength: LIMITS.productId,
            pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
          },
          quantity: { type: "integer", minimum: 1, maximum: LIMITS.quantity },
          // The price that the customer saw; the order is refused if the price list has another one.
          price: { type: "number", exclusiveMinimum: 0, maximum: 1_000_000 },
        },
      },
    },
    currency: { type: "string", pattern: "^[A-Z]{3}$" },
    shippingAddress: {
      anyOf: [
        text(LIMITS.address),
        {
          type: "object",
          additionalProperties: false,
          required: ["street", "postalCode", "city", "country"],
          properties: {
            name: text(LIMITS.addressPart),
            street: text(LIMITS.addressPart),
            postalCode: text(20),
            city: text(LIMITS.addressPart),
            country: { type: "string", pattern: "^[A-Z]{2}$" },
          },
        },
      ],
    },
    total: { type: "number", exclusiveMinimum: 0, maximum: 1_000_000_000 },
    attachment: {
      type: "object",
      additionalProperties: false,
      required: ["name", "mediaType", "data"],
      properties: {
        name: text(LIMITS.addressPart),
        mediaType: { type: "string", maxLength: 100, pattern: "^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$" },
        data: { type: "string", minLength: 1, maxLength: Math.ceil(LARGEST_ATTACHMENT / 3) * 4 },
      },
    },
  },
} as const;

export const LIST_QUERY = {
  type: "object",
  additionalProperties: false,
  properties: {
    limit: { type: "string", pattern: "^[0-9]{1,3}$" },
    cursor: { type: "string", minLength: 1, maxLength: 200 },
  },
} as const;

/**
 * The answer to an order. The schema fixes the order of its fields: a repeated request gets the same bytes, regardless
 * of how the database stores them.
 */
export const PLACED_ORDER = {
  type: "object",
  required: ["orderId", "status", "links"],
  properties: {
    orderId: { type: "string" },
    status: { type: "string" },
    links: { type: "object", required: ["self"], properties: { self: { type: "string" } } },
  },
} as const;
