/** The API as an OpenAPI 3.1 document, served at /openapi.json. */
import { ANALYTICS_PATHS, ANALYTICS_SCHEMAS } from "./openapi-analytics.ts";
import { answer, problem, REFUSALS, text } from "./openapi-parts.ts";

const orderId = { type: "string", format: "uuid", maxLength: 36 };
const amount = { type: "number", format: "double", minimum: 0, maximum: 1_000_000_000 };
const mediaType = { type: "string", pattern: "^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$", maxLength: 100 };
const timestamp = { type: "string", format: "date-time", maxLength: 30 };

/**
 * Returns the document. Pure, so that it is the same in every process.
 * @param options - `analytics`: whether the gateway has the address of analytics-service.
 */
export function openApiDocument(options: { readonly analytics: boolean }): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "Order platform",
      version: "1.0.0",
      description: "Places orders, shows how far their saga has come, and what the business makes of them.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ token: [] }],
    tags: [
      { name: "orders", description: "Place and follow orders." },
      { name: "products", description: "What can be ordered." },
      ...(options.analytics ? [{ name: "analytics", description: "Figures of the business." }] : []),
    ],
    paths: {
      "/orders": {
        post: {
          operationId: "placeOrder",
          tags: ["orders"],
          summary: "Place an order",
          description:
            "Answers at once; the order is then confirmed or cancelled. Repeat with the same Idempotency-Key until there is an answer: the order is placed once.",
          parameters: [
            {
              name: "Idempotency-Key",
              in: "header",
              required: true,
              schema: text(255),
              description: "One key per order.",
            },
          ],
          requestBody: {
            required: true,
            content: { "application/json": { schema: { $ref: "#/components/schemas/NewOrder" } } },
          },
          responses: {
            "202": answer("The order is accepted.", "PlacedOrder", {
              Location: { schema: text(100) },
              "Idempotency-Replayed": { schema: { type: "string", enum: ["true"] } },
            }),
            "400": problem("Malformed JSON, or no Idempotency-Key."),
            "413": problem("The body is too large: 256 KiB beside the attachment's data."),
            "415": problem("Not application/json."),
            "422": problem(
              "Unknown product or currency, wrong price or total, a quantity out of bounds, or the key belongs to another body.",
            ),
            ...REFUSALS,
          },
        },
        get: {
          operationId: "listOrders",
          tags: ["orders"],
          summary: "List your orders, newest first",
          parameters: [
            {
              name: "limit",
              in: "query",
              schema: { type: "integer", format: "int32", minimum: 1, maximum: 100, default: 20 },
              description: "Orders per page.",
            },
            { name: "cursor", in: "query", schema: text(200), description: "`next` of the page before." },
          ],
          responses: {
            "200": answer("A page of orders.", "OrderPage"),
            "400": problem("A parameter is malformed."),
            ...REFUSALS,
          },
        },
      },
      "/orders/{id}": {
        get: {
          operationId: "getOrder",
          tags: ["orders"],
          summary: "Show one of your orders with the steps of its saga",
          parameters: [{ name: "id", in: "path", required: true, schema: orderId }],
          responses: { "200": answer("The order.", "Order"), "404": problem("No such order of yours."), ...REFUSALS },
        },
      },
      "/products": {
        get: {
          operationId: "listProducts",
          tags: ["products"],
          summary: "List products and prices",
          responses: { "200": answer("The price list.", "ProductList"), ...REFUSALS },
        },
      },
      ...(options.analytics ? ANALYTICS_PATHS : {}),
    },
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "ES256; `sub` is the customer's id, `scope` what it allows beyond the customer's own orders.",
        },
      },
      schemas: {
        NewOrder: {
          type: "object",
          additionalProperties: false,
          required: ["items", "currency", "shippingAddress"],
          properties: {
            items: {
              type: "array",
              minItems: 1,
              maxItems: 100,
              items: {
                type: "object",
                additionalProperties: false,
                required: ["productId", "quantity"],
                properties: {
                  productId: text(64),
                  quantity: { type: "integer", format: "int32", minimum: 1, maximum: 1000 },
                  price: { ...amount, description: "What the customer saw; must match." },
                },
              },
            },
            currency: { type: "string", pattern: "^[A-Z]{3}$", maxLength: 3 },
            shippingAddress: { $ref: "#/components/schemas/Address" },
            total: { ...amount, description: "What the customer saw; must match." },
            attachment: {
              type: "object",
              additionalProperties: false,
              required: ["name", "mediaType", "data"],
              description: "A gift note or document, optional.",
              properties: {
                name: { ...text(120), description: "File name, without a path." },
                mediaType,
                data: {
                  type: "string",
                  contentEncoding: "base64",
                  minLength: 1,
                  maxLength: 6_990_508,
                  description: "Up to 5 MiB, in base64 with padding.",
                },
              },
            },
          },
        },
        Address: {
          anyOf: [
            text(500),
            {
              type: "object",
              additionalProperties: false,
              required: ["street", "postalCode", "city", "country"],
              properties: {
                name: text(120),
                street: text(120),
                postalCode: text(20),
                city: text(120),
                country: { type: "string", pattern: "^[A-Z]{2}$", maxLength: 2 },
              },
            },
          ],
        },
        PlacedOrder: {
          type: "object",
          required: ["orderId", "status", "links"],
          properties: {
            orderId,
            status: { type: "string", enum: ["pending"] },
            links: { $ref: "#/components/schemas/Links" },
          },
        },
        Order: {
          type: "object",
          required: ["orderId", "status", "items", "totalAmount", "currency", "steps", "createdAt", "updatedAt"],
          properties: {
            orderId,
            status: { type: "string", enum: ["pending", "confirmed", "cancelled"] },
            reason: {
              type: "string",
              enum: ["payment_declined", "payment_unavailable", "insufficient_stock", "timed_out", "undeliverable"],
              description: "Present when cancelled. undeliverable may follow after the order was confirmed.",
            },
            items: {
              type: "array",
              maxItems: 100,
              items: {
                type: "object",
                properties: {
                  productId: text(64),
                  quantity: { type: "integer", format: "int32", minimum: 1, maximum: 1000 },
                  price: amount,
                },
              },
            },
            totalAmount: amount,
            currency: { type: "string", pattern: "^[A-Z]{3}$", maxLength: 3 },
            shippingAddress: { $ref: "#/components/schemas/Address" },
            attachment: {
              type: "object",
              required: ["name", "mediaType", "size", "sha256"],
              description: "What came with the order.",
              properties: {
                name: text(120),
                mediaType,
                size: { type: "integer", format: "int32", minimum: 1, maximum: 5_242_880 },
                sha256: text(64),
              },
            },
            steps: { type: "array", maxItems: 10, items: { $ref: "#/components/schemas/Step" } },
            createdAt: timestamp,
            updatedAt: timestamp,
            links: { $ref: "#/components/schemas/Links" },
          },
        },
        Step: {
          type: "object",
          required: ["name", "at", "elapsedMs"],
          properties: {
            name: {
              type: "string",
              enum: [
                "accepted",
                "payment.processed",
                "payment.failed",
                "payment.refunded",
                "inventory.reserved",
                "inventory.insufficient",
                "inventory.released",
                "order.confirmed",
                "shipment.failed",
                "order.cancelled",
              ],
            },
            at: timestamp,
            elapsedMs: {
              type: "integer",
              format: "int64",
              minimum: 0,
              maximum: Number.MAX_SAFE_INTEGER,
              description: "Since the order was accepted.",
            },
          },
        },
        OrderPage: {
          type: "object",
          required: ["orders"],
          properties: {
            orders: { type: "array", maxItems: 100, items: { $ref: "#/components/schemas/Order" } },
            next: { ...text(200), description: "Cursor of the next page; absent on the last." },
          },
        },
        ProductList: {
          type: "object",
          required: ["products"],
          properties: {
            products: {
              type: "array",
              maxItems: 10_000,
              items: {
                type: "object",
                properties: {
                  productId: text(64),
                  name: text(200),
                  prices: { type: "object", additionalProperties: amount, description: "By currency." },
                },
              },
            },
          },
        },
        ...(options.analytics ? ANALYTICS_SCHEMAS : {}),
        Links: { type: "object", properties: { self: text(100) } },
        Problem: {
          type: "object",
          required: ["type", "title", "status"],
          properties: {
            type: text(200),
            title: text(200),
            status: { type: "integer", format: "int32", minimum: 400, maximum: 599 },
            detail: text(2000),
            requestId: text(64),
            errors: {
              type: "array",
              maxItems: 100,
              items: { type: "object", properties: { at: text(300), message: text(500) } },
            },
          },
        },
      },
    },
  };
}
