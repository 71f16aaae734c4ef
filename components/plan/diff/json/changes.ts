import {
  isObject,
  type JsonSchema,
  resolvePointer,
  type SchemaObject,
  sameJson,
} from "../../../model/schemas/json-schema-parts.ts";
import type { SchemaChanges } from "../avro/schema-changes.ts";

/** Maximum number of schema locations that are compared. */
const mostPlaces = 2_000;
/** Keywords that are compared as locations of their own, or that do not restrict values. */
const apart = new Set([
  "properties",
  "items",
  "required",
  "definitions",
  "$ref",
  "$schema",
  "$id",
  "title",
  "description",
  "examples",
  "$comment",
  "default",
]);

interface Place {
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Compares two versions of a JSON Schema, property by property. */
export function jsonChanges(before: string, after: string): SchemaChanges {
  const [old, fresh] = [placesOf(JSON.parse(before) as JsonSchema), placesOf(JSON.parse(after) as JsonSchema)];
  const described: string[] = [];
  const meaning: string[] = [];
  for (const [path, is] of fresh) {
    const where = path === "" ? "the object" : path;
    const was = old.get(path);
    if (was === undefined) {
      described.push(`${where} (${shapeOf(is.schema)}) added, ${is.required ? "required" : "optional"}`);
      continue;
    }
    if (was.required !== is.required) described.push(`${where} becomes ${is.required ? "required" : "optional"}`);
    const [left, right] = [keywordsOf(was.schema), keywordsOf(is.schema)];
    for (const keyword of new Set([...Object.keys(left), ...Object.keys(right)])) {
      if (sameJson(left[keyword], right[keyword])) continue;
      described.push(`${where}: ${keyword} ${text(left[keyword])} becomes ${text(right[keyword])}`);
      if (keyword === "format" || keyword === "contentEncoding")
        meaning.push(
          `${where} had the ${keyword} ${text(left[keyword])} and has ${text(right[keyword])}: the text stays readable and means something else`,
        );
    }
    const [had, has] = [defaultOf(was.schema), defaultOf(is.schema)];
    if (!sameJson(had, has)) {
      described.push(`${where}: default ${text(had)} becomes ${text(has)}`);
      if (had !== undefined && has !== undefined)
        meaning.push(`${where} is read as ${text(has)} instead of ${text(had)} where a document does not have it`);
    }
  }
  for (const [path, was] of old) if (!fresh.has(path)) described.push(`${path} (${shapeOf(was.schema)}) removed`);
  return { described: described.sort(), meaning: meaning.sort() };
}

/** Returns the schemas of all properties and items by path. A recursive schema appears once. */
function placesOf(root: JsonSchema): Map<string, Place> {
  const places = new Map<string, Place>();
  const visit = (held: JsonSchema, path: string, required: boolean, within: readonly JsonSchema[]): void => {
    const schema = resolvePointer(held, root);
    if (places.size >= mostPlaces) return;
    places.set(path, { schema, required });
    if (schema === true || schema === false || within.includes(schema)) return;
    const inner = [...within, schema];
    const needed = Array.isArray(schema.required) ? schema.required : [];
    for (const [name, property] of Object.entries(isObject(schema.properties) ? schema.properties : {}))
      visit(property as JsonSchema, path === "" ? name : `${path}.${name}`, needed.includes(name), inner);
    if (isObject(schema.items)) visit(schema.items, `${path}[]`, true, inner);
  };
  visit(root, "", true, []);
  return places;
}

function keywordsOf(schema: JsonSchema): SchemaObject {
  return isObject(schema)
    ? Object.fromEntries(Object.entries(schema).filter(([keyword]) => !apart.has(keyword)))
    : { allowed: schema };
}

function defaultOf(schema: JsonSchema): unknown {
  return isObject(schema) ? schema.default : undefined;
}

/** Returns the kind of a schema in a word or two. */
function shapeOf(schema: JsonSchema): string {
  if (!isObject(schema)) return schema ? "anything" : "nothing";
  const { type } = schema;
  return typeof type === "string" ? type : Array.isArray(type) ? type.join(" or ") : "anything";
}

function text(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}
