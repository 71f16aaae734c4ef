/** Common parts of the operations in the OpenAPI document. */

export const text = (maxLength: number): object => ({ type: "string", minLength: 1, maxLength });

export const problem = (description: string): object => ({
  description,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});

export const answer = (description: string, schema: string, headers: object = {}): object => ({
  description,
  headers,
  content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } },
});

/** Refusals that any operation may return. */
export const REFUSALS = {
  "401": problem("No valid token."),
  "408": problem("The request did not arrive in time."),
  "429": problem("Too many requests, or too many invalid tokens from this address; see Retry-After."),
  "431": problem("The headers are too large."),
  "500": problem("Something went wrong."),
  "502": problem("The service behind is not available. With the same Idempotency-Key a repetition is safe."),
  "503": problem("Temporarily unavailable; see Retry-After."),
  "504": problem("No answer in time: it is unknown whether the request was carried out."),
};
