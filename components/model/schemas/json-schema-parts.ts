/** A parsed JSON Schema: an object of keywords, or a boolean that allows everything or nothing. */
export type JsonSchema = boolean | SchemaObject;

/** Keywords with their values. */
export interface SchemaObject {
  readonly [keyword: string]: unknown;
}

/** Keywords that refuse no value. */
export const annotations: ReadonlySet<string> = new Set([
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$comment",
  "$schema",
  "$id",
  "$anchor",
]);

/**
 * Returns the schema that a `$ref` refers to within its document, through any number of steps. A schema without a
 * `$ref` is returned unchanged.
 */
export function resolvePointer(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found = schema;
  for (let step = 0; step < 100 && isObject(found) && typeof found.$ref === "string"; step += 1) {
    const target = lookUp(found.$ref, root);
    if (target === undefined) return found;
    found = target;
  }
  return found;
}

/** Returns the target of a pointer such as `#/$defs/Item`; undefined if it does not exist. */
export function lookUp(pointer: string, root: JsonSchema): JsonSchema | undefined {
  if (pointer === "#") return root;
  if (!pointer.startsWith("#/")) return undefined;
  let found: unknown = root;
  for (const step of pointer.slice(2).split("/")) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return isObject(found) || typeof found === "boolean" ? (found as JsonSchema) : undefined;
}

/** Returns whether two values are equal as JSON. The order of keys is ignored. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}

/** Returns whether a value is a JSON object. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
