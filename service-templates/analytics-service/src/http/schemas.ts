/** Schemas of the requests. Unknown parameters are refused, every text has a limit. */

/** Limits of the API. */
export const LIMITS = { days: 31, minutes: 1_440, products: 100 } as const;

const moment = {
  type: "string",
  maxLength: 35,
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})$",
} as const;
const count = { type: "string", pattern: "^[0-9]{1,5}$" } as const;

export const PERIOD_QUERY = {
  type: "object",
  additionalProperties: false,
  properties: { from: moment, to: moment },
} as const;

export const MINUTES_QUERY = {
  type: "object",
  additionalProperties: false,
  properties: { from: moment, to: moment, limit: count },
} as const;

export const PRODUCTS_QUERY = {
  type: "object",
  additionalProperties: false,
  properties: {
    from: moment,
    to: moment,
    limit: count,
    currency: { type: "string", pattern: "^[A-Z]{3}$" },
    by: { type: "string", enum: ["pieces", "amount"] },
  },
} as const;
