import type { ApiObject } from "./api-client.ts";

/**
 * A text or number deep in an object.
 * @throws {Error} naming the place when nothing is there.
 */
export function textOf(object: unknown, ...path: readonly string[]): string {
  let value = object;
  for (const step of path)
    value =
      typeof value === "object" && value !== null && step in value
        ? (value as Readonly<Record<string, unknown>>)[step]
        : undefined;
  if (typeof value !== "string" && typeof value !== "number") throw new Error(`Nothing at ${path.join(".")}.`);
  return String(value);
}

/** A Secret's value. */
export function secretText(secret: ApiObject, key: string): string {
  return Buffer.from(textOf(secret, "data", key), "base64").toString("utf8");
}
