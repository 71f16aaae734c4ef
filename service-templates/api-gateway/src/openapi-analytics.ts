/** The part of the OpenAPI document about figures: the routes of analytics-service. */
import { answer, problem, REFUSALS, text } from "./openapi-parts.ts";

const whole = { type: "integer", format: "int64", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const sum = { type: "number", format: "double", minimum: 0, maximum: 1e15 } as const;
const share = { type: "number", format: "double", minimum: 0, maximum: 1 } as const;
const moment = { type: "string", format: "date-time", maxLength: 35 } as const;
const currency = { type: "string", pattern: "^[A-Z]{3}$", maxLength: 3 } as const;
const counts = (description: string): object => ({ type: "object", additionalProperties: whole, description });
const listOf = (schema: string, maxItems: number): object => ({
  type: "array",
  maxItems,
  items: { $ref: `#/components/schemas/${schema}` },
});

const PERIOD = [
  { name: "from", in: "query", schema: moment, description: "First moment, cut to its minute." },
  {
    name: "to",
    in: "query",
    schema: moment,
    description:
      "First moment that no longer counts, cut to its minute; at most 31 days after `from`. Default: the end of this minute.",
  },
];

function figures(operationId: string, summary: string, schema: string, parameters: readonly object[] = []): object {
  return {
    get: {
      operationId,
      tags: ["analytics"],
      summary,
      security: [{ token: ["analytics:read"] }],
      parameters: [...PERIOD, ...parameters],
      responses: {
        "200": answer("The figures.", schema),
        "400": problem("A parameter is malformed."),
        "403": problem("The token lacks the scope analytics:read."),
        ...REFUSALS,
      },
    },
  };
}

const limit = (maximum: number, usual: number, what: string): object => ({
  name: "limit",
  in: "query",
  schema: { type: "integer", format: "int32", minimum: 1, maximum, default: usual },
  description: what,
});

export const ANALYTICS_PATHS = {
  "/analytics/summary": figures(
    "summariseOrders",
    "Orders, revenue, conversion, cancellations and latency of a period",
    "Summary",
  ),
  "/analytics/minutes": figures("listMinutes", "The same by the minute", "MinutePage", [
    limit(1_440, 60, "Minutes per page."),
  ]),
  "/analytics/cancellations": figures("listCancellations", "Why orders were cancelled", "Cancellations"),
  "/analytics/products": figures("listTopProducts", "What was sold most", "ProductSales", [
    limit(100, 10, "Products."),
    { name: "currency", in: "query", schema: currency, description: "Only what was paid in it." },
    {
      name: "by",
      in: "query",
      schema: { type: "string", enum: ["pieces", "amount"], default: "pieces" },
      description: "What they are ranked by.",
    },
  ]),
};

const period = { type: "object", required: ["from", "to"], properties: { from: moment, to: moment } };
const orders = { created: whole, confirmed: whole, cancelled: whole };
const duration = { type: ["number", "null"], minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

export const ANALYTICS_SCHEMAS = {
  Summary: {
    type: "object",
    required: ["period", "orders", "conversion", "revenue", "cancellations", "latency", "steps", "messages"],
    properties: {
      period,
      orders: { type: "object", properties: orders, description: "What happened in the period." },
      conversion: {
        type: "object",
        properties: { ...orders, open: whole, rate: { type: ["number", "null"], minimum: 0, maximum: 1 } },
        description: "What has become by now of the orders placed in the period.",
      },
      revenue: { $ref: "#/components/schemas/Revenue" },
      cancellations: listOf("Reason", 100),
      latency: {
        type: "object",
        properties: {
          confirmed: { $ref: "#/components/schemas/Latency" },
          cancelled: { $ref: "#/components/schemas/Latency" },
        },
      },
      steps: counts("Orders by step they took in the period."),
      messages: counts("Messages to customers by channel."),
    },
  },
  Revenue: {
    type: "object",
    properties: { ordered: listOf("Amount", 200), sold: listOf("Amount", 200), refunded: listOf("Amount", 200) },
  },
  Amount: { type: "object", properties: { currency, orders: whole, pieces: whole, amount: sum } },
  Reason: { type: "object", properties: { reason: text(100), orders: whole, share } },
  Latency: {
    type: "object",
    properties: { orders: whole, meanMs: duration, p50Ms: duration, p95Ms: duration, p99Ms: duration },
    description: "From the order to its end, in milliseconds; null without orders.",
  },
  MinutePage: {
    type: "object",
    required: ["period", "minutes"],
    properties: {
      period,
      minutes: listOf("Minute", 1_440),
      next: { ...moment, description: "`from` of the next page; absent on the last." },
    },
  },
  Minute: {
    type: "object",
    required: ["minute"],
    properties: {
      minute: moment,
      ...orders,
      ordered: listOf("Amount", 200),
      sold: listOf("Amount", 200),
      refunded: listOf("Amount", 200),
      cancellations: counts("By reason."),
      latency: { $ref: "#/components/schemas/Latency" },
    },
  },
  Cancellations: {
    type: "object",
    required: ["period", "orders", "reasons"],
    properties: { period, orders: whole, reasons: listOf("Reason", 100) },
  },
  ProductSales: {
    type: "object",
    required: ["period", "by", "products"],
    properties: {
      period,
      by: { type: "string", enum: ["pieces", "amount"] },
      products: {
        type: "array",
        maxItems: 100,
        items: {
          type: "object",
          properties: { productId: text(64), currency, orders: whole, pieces: whole, amount: sum },
        },
      },
    },
  },
};
