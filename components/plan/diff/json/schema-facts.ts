/** Reads facts from a JSON Schema for one comparison: types, values, names, and schemas combined from two. */
import { annotations, isObject, type JsonSchema, type SchemaObject } from "../../../model/schemas/json-schema-parts.ts";

/** Bounds of values, and whether a larger bound is laxer. */
export const bounds: Readonly<Record<string, boolean>> = {
  minimum: false,
  exclusiveMinimum: false,
  minLength: false,
  minItems: false,
  minProperties: false,
  maximum: true,
  exclusiveMaximum: true,
  maxLength: true,
  maxItems: true,
  maxProperties: true,
};
const concerned: Readonly<Record<string, readonly string[]>> = {
  minimum: ["number", "integer"],
  exclusiveMinimum: ["number", "integer"],
  maximum: ["number", "integer"],
  exclusiveMaximum: ["number", "integer"],
  multipleOf: ["number", "integer"],
  minLength: ["string"],
  maxLength: ["string"],
  minItems: ["array"],
  maxItems: ["array"],
  minProperties: ["object"],
  maxProperties: ["object"],
};

export function concerns(keyword: string, writer: SchemaObject): boolean {
  return (concerned[keyword] ?? []).some((type) => mayBe(type, writer));
}

/** Returns whether a value of a type may be valid under the schema. */
export function mayBe(type: string, schema: SchemaObject): boolean {
  const values = valuesOf(schema);
  if (values !== undefined)
    return values.some(
      (value) => typeOfValue(value) === type || (type === "number" && typeOfValue(value) === "integer"),
    );
  const types = typesOf(schema.type);
  return types === undefined || types.includes(type) || (type === "number" && types.includes("integer"));
}

export function typesOf(type: unknown): readonly string[] | undefined {
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? type.map(String) : undefined;
}

export function typeOfValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

export function valuesOf(schema: SchemaObject): readonly unknown[] | undefined {
  if (Object.hasOwn(schema, "const")) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

export function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

export function propertiesOf(schema: SchemaObject): Map<string, JsonSchema> {
  return new Map(isObject(schema.properties) ? (Object.entries(schema.properties) as [string, JsonSchema][]) : []);
}

/** Returns the schema of properties that are not listed by name. */
export function other(schema: SchemaObject): JsonSchema {
  const rest = schema.additionalProperties;
  return isObject(rest) || typeof rest === "boolean" ? (rest as JsonSchema) : true;
}

/** Returns whether a schema refuses any value. */
export function isNarrow(schema: JsonSchema): boolean {
  return schema === false || (isObject(schema) && Object.keys(schema).some((keyword) => !annotations.has(keyword)));
}

export function placeIn(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

export function without(schema: SchemaObject, keyword: string): SchemaObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== keyword));
}

/** Returns a branch of a combinator, merged with the keywords beside the combinator. */
export function merged(schema: SchemaObject, combinator: string, branch: JsonSchema): JsonSchema {
  return intersection(without(schema, combinator), branch);
}

/**
 * Returns a schema that allows at least what both schemas allow. If both set a keyword, the value of the first stays,
 * so the result is never narrower than the two together. The required names and the properties of both are kept.
 */
export function intersection(first: JsonSchema, second: JsonSchema): JsonSchema {
  if (first === false || second === false) return false;
  if (first === true) return second;
  if (second === true) return first;
  const properties = {
    ...(isObject(second.properties) ? second.properties : {}),
    ...(isObject(first.properties) ? first.properties : {}),
  };
  const required = [...new Set([...namesOf(first.required), ...namesOf(second.required)])];
  return {
    ...second,
    ...first,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  };
}
