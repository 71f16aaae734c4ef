import { isObject } from "../values/json.ts";
import { nameOfNamedType, withSharedTypes } from "./avro-names.ts";
import { type AvroProblem, SchemaFault, SchemaReader, type SharedLookup } from "./avro-schema-reader.ts";

/*
 * This file reads Avro schemas by the specification (1.12) without building codecs. The model reads thousands of
 * schemas, and a codec library compiles code for each. Services encode with such a library. A test checks that both
 * accept the same schemas.
 */

/** The part of a schema file that the model needs. */
export interface AvroRecord {
  /** Full name, with namespace. */
  readonly record: string;
  /** Names of the record's own fields, in order. */
  readonly fields: readonly string[];
  /** JSON text without white space, in the original key order. Types of other files are inlined. */
  readonly schema: string;
  /** References to types of other files. Absent if there are none. */
  readonly sharing?: SchemaSharing;
}

/** References of a schema to types of other files. */
export interface SchemaSharing {
  /** The schema as in its own file, as JSON text without white space. */
  readonly schema: string;
  /** Full names of the types that this file refers to directly, sorted. */
  readonly names: readonly string[];
}

/** A named type with a file of its own, which other schemas refer to. */
export interface AvroSharedType {
  /** Full name. */
  readonly name: string;
  /** The file as parsed. */
  readonly json: unknown;
  /** JSON text of the file without white space. */
  readonly schema: string;
  /** The JSON text with types of other files inlined. */
  readonly selfContained: string;
  /** Full names of the types of other files that this file refers to directly, sorted. */
  readonly names: readonly string[];
}

/** Result of reading a schema. */
export type AvroReading<T = AvroRecord> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: AvroProblem };

/**
 * Reads parsed JSON as the schema of an event: a record with a namespace, in which every type is known.
 * @param shared - Finds types that other files define. Default: there are none.
 */
export function readAvroSchema(json: unknown, shared: SharedLookup = () => undefined): AvroReading {
  if (!isObject(json) || json.type !== "record") {
    return {
      ok: false,
      problem: {
        path: [],
        message: "the schema is no record",
        fix: 'write {"type": "record", "name": …, "namespace": …, "fields": […]}',
      },
    };
  }
  return readNamedType(json, shared, ({ name, names, types }) => {
    const fields = (json.fields as { name: string }[]).map((field) => field.name);
    const schema = JSON.stringify(json);
    return {
      record: name,
      fields,
      ...(names.length === 0
        ? { schema }
        : { schema: JSON.stringify(withSharedTypes(json, types)), sharing: { schema, names } }),
    };
  });
}

/** Reads parsed JSON as a type that other schemas refer to: a record, enum or fixed type with a namespace. */
export function readSharedType(json: unknown, shared: SharedLookup): AvroReading<AvroSharedType> {
  if (!isObject(json) || !["record", "enum", "fixed"].includes(String(json.type))) {
    return {
      ok: false,
      problem: {
        path: [],
        message: "the schema is no record, enum or fixed type, so no name leads to it",
        fix: 'write {"type": "record", "name": …, "namespace": …, "fields": […]}',
      },
    };
  }
  return readNamedType(json, shared, ({ name, names, types }) => ({
    name,
    json,
    schema: JSON.stringify(json),
    names,
    selfContained: JSON.stringify(names.length === 0 ? json : withSharedTypes(json, types)),
  }));
}

/**
 * Returns a schema, of an event or shared, with the referenced types inlined.
 * @param types - JSON texts by full name.
 * @throws Error with the reason, if the JSON is not a schema.
 */
export function selfContainedSchema(json: unknown, types: ReadonlyMap<string, string>): string {
  const lookup: SharedLookup = (name) => {
    const schema = types.get(name);
    return schema === undefined ? undefined : { json: JSON.parse(schema) as unknown };
  };
  const record = readAvroSchema(json, lookup);
  if (record.ok) return record.value.schema;
  const shared = readSharedType(json, lookup);
  if (shared.ok) return shared.value.selfContained;
  throw new Error(shared.problem.message);
}

/** Facts about the outermost type of a schema. */
interface NamedType {
  readonly name: string;
  readonly names: readonly string[];
  readonly types: ReadonlyMap<string, unknown>;
}

function readNamedType<T>(
  json: Record<string, unknown>,
  shared: SharedLookup,
  made: (type: NamedType) => T,
): AvroReading<T> {
  const reader = new SchemaReader(shared);
  try {
    reader.type(json, "", [], 0);
  } catch (error) {
    if (error instanceof SchemaFault) return { ok: false, problem: error.problem };
    throw error;
  }
  const name = nameOfNamedType(json) ?? "";
  if (!name.includes("."))
    return {
      ok: false,
      problem: {
        path: ["name"],
        message: `the ${String(json.type)} ${JSON.stringify(name)} has no namespace`,
        fix: 'add "namespace": "com.example.events"',
      },
    };
  return { ok: true, value: made({ name, names: reader.references, types: reader.sharedTypes }) };
}
