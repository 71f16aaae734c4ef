import { createRequire } from "node:module";
import type { AvroReading, AvroRecord } from "./avro-schema.ts";
import type { AvroProblem } from "./avro-schema-reader.ts";
import { annotations, isObject, type JsonSchema, lookUp } from "./json-schema-parts.ts";

/** The JSON Schema draft that registries, AsyncAPI and validators all support. */
const draft = "http://json-schema.org/draft-07/schema#";
const fullNamePattern = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+$/;

const require = createRequire(import.meta.url);
let checker: import("ajv").Ajv | undefined;

/** Loads Ajv on first use, so that projects with only Avro do not pay for it. */
function ajv(): import("ajv").Ajv {
  const { Ajv } = require("ajv") as typeof import("ajv");
  checker ??= new Ajv({ strict: false, validateFormats: false });
  return checker;
}

/**
 * Reads parsed JSON as the JSON Schema (draft-07) of an event: an object whose `title` is its full name. The event's
 * fields are the properties that every document has.
 */
export function readJsonEventSchema(json: unknown): AvroReading<Omit<AvroRecord, "sharing">> {
  const problem = faultOf(json);
  if (problem !== undefined) return { ok: false, problem };
  const { title, required, properties } = json as {
    title: string;
    required?: readonly string[];
    properties?: Readonly<Record<string, unknown>>;
  };
  return {
    ok: true,
    value: {
      record: title,
      fields: (required ?? []).filter((name) => Object.hasOwn(properties ?? {}, name)),
      schema: JSON.stringify(json),
    },
  };
}

function faultOf(json: unknown): AvroProblem | undefined {
  if (!isObject(json))
    return {
      path: [],
      message: "the schema is no object",
      fix: `write {"$schema": "${draft}", "title": "com.example.events.OrderCreated", "type": "object", "properties": {…}}`,
    };
  if (json.$schema !== draft)
    return {
      path: json.$schema === undefined ? [] : ["$schema"],
      message:
        json.$schema === undefined
          ? 'the "$schema" is missing'
          : `the schema is written in ${JSON.stringify(json.$schema)}`,
      fix: `write "$schema": "${draft}"`,
    };
  if (json.type !== "object")
    return { path: ["type"], message: "an event is an object", fix: 'write "type": "object"' };
  const { title } = json;
  if (typeof title !== "string" || !fullNamePattern.test(title))
    return {
      path: title === undefined ? [] : ["title"],
      message: title === undefined ? 'the "title" is missing' : `the title ${JSON.stringify(title)} is no full name`,
      fix: 'the record is named by the title: write "title": "com.example.events.OrderCreated"',
    };
  const check = ajv();
  if (check.validateSchema(json) !== true) {
    const [error] = check.errors ?? [];
    return {
      path: stepsOf(error?.instancePath ?? ""),
      message: `this is no JSON Schema: ${error?.message ?? "it breaks the language's own schema"}`,
    };
  }
  return faultWithin(json, json, []);
}

/** Keywords whose values contain schemas, by the kind of container. */
const schemaKeywords = [
  "additionalProperties",
  "additionalItems",
  "items",
  "contains",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
];
const listKeywords = ["anyOf", "oneOf", "allOf", "items"];
const mapKeywords = ["properties", "patternProperties", "definitions", "dependencies"];

/**
 * Returns the first fault within a schema, or undefined: a reference that is broken or leaves the document, a keyword
 * beside a reference, or an invalid pattern.
 */
function faultWithin(schema: unknown, root: JsonSchema, path: readonly (string | number)[]): AvroProblem | undefined {
  if (!isObject(schema)) return undefined;
  const reference = schema.$ref;
  if (typeof reference === "string") {
    if (!reference.startsWith("#"))
      return {
        path: [...path, "$ref"],
        message: `the reference ${JSON.stringify(reference)} leads out of this file`,
        fix: 'put what it refers to under "definitions", and refer to it by #/definitions/Name',
      };
    if (lookUp(reference, root) === undefined)
      return {
        path: [...path, "$ref"],
        message: `the reference ${JSON.stringify(reference)} leads nowhere`,
        fix: "correct the path, or define what it refers to",
      };
    const beside = Object.keys(schema).find((keyword) => keyword !== "$ref" && !annotations.has(keyword));
    if (beside !== undefined)
      return {
        path: [...path, beside],
        message: `${beside} is next to a $ref, where draft-07 ignores it`,
        fix: `write "allOf": [{"$ref": ${JSON.stringify(reference)}}, {${JSON.stringify(beside)}: …}]`,
      };
  }
  const { pattern } = schema;
  if (typeof pattern === "string" && !isPattern(pattern))
    return { path: [...path, "pattern"], message: `${JSON.stringify(pattern)} is no regular expression` };
  for (const keyword of schemaKeywords) {
    const fault = faultWithin(schema[keyword], root, [...path, keyword]);
    if (fault !== undefined) return fault;
  }
  for (const keyword of [...listKeywords, ...mapKeywords]) {
    const held = schema[keyword];
    if (typeof held !== "object" || held === null || Array.isArray(held) !== listKeywords.includes(keyword)) continue;
    for (const [key, inner] of Object.entries(held)) {
      const fault = faultWithin(inner, root, [...path, keyword, Array.isArray(held) ? Number(key) : key]);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}

function stepsOf(pointer: string): (string | number)[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")));
}
