/** A JSON Schema as parsed: an object of keywords, or whether anything is allowed. */
export type JsonSchema = boolean | SchemaObject;

/** Keywords with their values. */
export interface SchemaObject {
  readonly [keyword: string]: unknown;
}

/** Keywords that refuse nothing. */
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

/** The schema that a `$ref` within its document leads to, through any number of steps; another schema as it is. */
export function resolvePointer(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found = schema;
  for (let step = 0; step < 100 && isObject(found) && typeof found.$ref === "string"; step += 1) {
    const target = lookUp(found.$ref, root);
    if (target === undefined) return found;
    found = target;
  }
  return found;
}

/** What a pointer such as `#/$defs/Item` leads to; undefined where it leads nowhere. */
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

/** Equal as JSON: the order of keys does not matter. */
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

/** Whether a value is an object of JSON. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
