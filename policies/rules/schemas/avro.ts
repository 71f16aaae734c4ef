import {
  type JsonSchema,
  resolvePointer,
  type SchemaObject,
} from "../../../components/model/schemas/json-schema-parts.ts";
import { readProtobufSchema } from "../../../components/model/schemas/protobuf-event-schema.ts";
import type { SubjectFacts } from "../../facts.ts";

/** A field of a record, anywhere in a schema. */
export interface SchemaField {
  /** Path from the outermost record, for example `items.quantity`. */
  readonly path: string;
  readonly name: string;
  readonly type: unknown;
  readonly doc?: string;
  readonly hasDefault: boolean;
  readonly default?: unknown;
}

/** A record or enum defined in a schema. */
export interface SchemaType {
  /** Empty for the outermost record. */
  readonly path: string;
  readonly kind: "record" | "enum";
  readonly name: string;
  readonly doc?: string;
  readonly hasDefault: boolean;
}

/** The part of a schema that rules need. */
export interface SchemaShape {
  readonly name: string;
  readonly namespace: string;
  readonly types: readonly SchemaType[];
  readonly fields: readonly SchemaField[];
}

const shapes = new WeakMap<SubjectFacts, SchemaShape | undefined>();
const wholeShapes = new WeakMap<SubjectFacts, SchemaShape | undefined>();

/**
 * Returns the shape of a subject's own schema; undefined if it is unknown, or not a named Avro type. It is computed
 * once per subject.
 */
export function shapeOf(subject: SubjectFacts): SchemaShape | undefined {
  return remembered(shapes, subject, subject.schema);
}

/**
 * Returns the shape of everything that a record of the subject contains, including known shared types. It is computed
 * once per subject.
 */
export function wholeShapeOf(subject: SubjectFacts): SchemaShape | undefined {
  return subject.selfContained === undefined
    ? shapeOf(subject)
    : remembered(wholeShapes, subject, subject.selfContained);
}

function remembered(
  known: WeakMap<SubjectFacts, SchemaShape | undefined>,
  subject: SubjectFacts,
  schema: string | undefined,
): SchemaShape | undefined {
  if (known.has(subject)) return known.get(subject);
  const shape = schema === undefined ? undefined : readShape(schema);
  known.set(subject, shape);
  return shape;
}

function readShape(text: string): SchemaShape | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return protobufShape(text);
  }
  if (isObject(json) && json.type === "object" && typeof json.title === "string") return jsonShape(json, json.title);
  if (!isObject(json) || !["record", "enum", "fixed"].includes(String(json.type)) || typeof json.name !== "string")
    return undefined;
  const types: SchemaType[] = [];
  const fields: SchemaField[] = [];
  collect(json, "", types, fields, 0);
  const dot = json.name.lastIndexOf(".");
  const namespace = dot !== -1 ? json.name.slice(0, dot) : typeof json.namespace === "string" ? json.namespace : "";
  return { name: json.name.slice(dot + 1), namespace, types, fields };
}

/** Returns the shape of a JSON Schema: its properties, and those of nested schemas. */
function jsonShape(root: SchemaObject, title: string): SchemaShape {
  const fields: SchemaField[] = [];
  const visit = (held: JsonSchema, path: string, within: readonly JsonSchema[]): void => {
    const schema = resolvePointer(held, root);
    if (!isObject(schema) || within.includes(schema) || within.length > deepest) return;
    const inner = [...within, schema];
    for (const [name, property] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
      const where = path === "" ? name : `${path}.${name}`;
      const found = resolvePointer(property as JsonSchema, root);
      const { type, description } = isObject(found) ? found : {};
      fields.push({
        path: where,
        name,
        type,
        ...(typeof description === "string" && description.trim() !== "" ? { doc: description } : {}),
        hasDefault: isObject(found) && Object.hasOwn(found, "default"),
      });
      visit(found, where, inner);
    }
    if (isObject(schema.items)) visit(schema.items, path, inner);
    for (const combinator of ["anyOf", "oneOf", "allOf"]) {
      const branches = schema[combinator];
      if (Array.isArray(branches)) for (const branch of branches as JsonSchema[]) visit(branch, path, inner);
    }
  };
  visit(root, "", []);
  const dot = title.lastIndexOf(".");
  const { description } = root;
  const doc = typeof description === "string" && description.trim() !== "" ? { doc: description } : {};
  return {
    name: title.slice(dot + 1),
    namespace: dot === -1 ? "" : title.slice(0, dot),
    types: [{ path: "", kind: "record", name: title.slice(dot + 1), ...doc, hasDefault: false }],
    fields,
  };
}

/** Returns the shape of a Protobuf file: the fields of the event's message, and those of its nested messages. */
function protobufShape(text: string): SchemaShape | undefined {
  const read = readProtobufSchema(text);
  if (!read.ok) return undefined;
  const { record, messages } = read.value;
  const fields: SchemaField[] = [];
  const visit = (name: string, path: string, within: readonly string[]): void => {
    if (within.includes(name)) return;
    for (const field of messages.get(name)?.fields ?? []) {
      const where = path === "" ? field.name : `${path}.${field.name}`;
      fields.push({
        path: where,
        name: field.name,
        type: field.type,
        ...(field.doc === undefined ? {} : { doc: field.doc }),
        hasDefault: true,
      });
      visit(field.type, where, [...within, name]);
    }
  };
  visit(record, "", []);
  const dot = record.lastIndexOf(".");
  const { doc } = messages.get(record) ?? {};
  return {
    name: record.slice(dot + 1),
    namespace: record.slice(0, Math.max(0, dot)),
    types: [
      {
        path: "",
        kind: "record",
        name: record.slice(dot + 1),
        ...(doc === undefined ? {} : { doc }),
        hasDefault: false,
      },
    ],
    fields,
  };
}

const deepest = 64;

function collect(schema: unknown, path: string, types: SchemaType[], fields: SchemaField[], depth: number): void {
  if (depth > deepest) return;
  if (Array.isArray(schema)) {
    for (const branch of schema) collect(branch, path, types, fields, depth + 1);
    return;
  }
  if (!isObject(schema)) return;
  const kind = schema.type;
  const documented = typeof schema.doc === "string" && schema.doc.trim() !== "" ? { doc: schema.doc } : {};
  if (kind === "record") {
    types.push({ path, kind, name: String(schema.name), ...documented, hasDefault: false });
    for (const field of Array.isArray(schema.fields) ? schema.fields : []) {
      if (!isObject(field) || typeof field.name !== "string") continue;
      const inner = path === "" ? field.name : `${path}.${field.name}`;
      fields.push({
        path: inner,
        name: field.name,
        type: field.type,
        ...(typeof field.doc === "string" && field.doc.trim() !== "" ? { doc: field.doc } : {}),
        hasDefault: Object.hasOwn(field, "default"),
        ...(Object.hasOwn(field, "default") ? { default: field.default } : {}),
      });
      collect(field.type, inner, types, fields, depth + 1);
    }
  } else if (kind === "enum")
    types.push({ path, kind, name: String(schema.name), ...documented, hasDefault: Object.hasOwn(schema, "default") });
  else if (kind === "array") collect(schema.items, path, types, fields, depth + 1);
  else if (kind === "map") collect(schema.values, path, types, fields, depth + 1);
  else if (typeof kind === "object") collect(kind, path, types, fields, depth + 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
