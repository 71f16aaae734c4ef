import { closest } from "../problems/suggestion.ts";

/*
 * Reads Avro schemas by the specification (1.12), without building codecs: the model reads thousands of them,
 * and a codec library compiles code for each. Services encode with such a library; a test holds the two to the
 * same verdict.
 */

/** What the model needs to know of a schema file. */
export interface AvroRecord {
  /** Full name, with namespace. */
  readonly record: string;
  /** Names of the record's own fields, in order. */
  readonly fields: readonly string[];
  /** JSON text without white space, key order kept; types of other files stand in it in place of their names. */
  readonly schema: string;
  /** Where it refers to types of other files. */
  readonly sharing?: SchemaSharing;
}

/** The types of other files that a schema refers to. */
export interface SchemaSharing {
  /** The schema as its own file has it, as JSON text without white space. */
  readonly schema: string;
  /** Full names of the types that this file refers to itself, sorted. */
  readonly names: readonly string[];
}

/** A named type with a file of its own, for schemas that refer to it. */
export interface AvroSharedType {
  /** Full name. */
  readonly name: string;
  /** The file as parsed. */
  readonly json: unknown;
  /** JSON text of the file without white space. */
  readonly schema: string;
  /** The same with types of other files in place of their names. */
  readonly selfContained: string;
  /** Full names of the types of other files that this file refers to itself, sorted. */
  readonly names: readonly string[];
}

/** What looking for a type in other files gives: the type, why it can't be used, or nothing of that name. */
export type SharedLookup = (
  name: string,
) => Pick<AvroSharedType, "json"> | { readonly fault: string; readonly fix?: string } | undefined;

/** What is wrong in a schema, and where: steps from the schema's root. */
export interface AvroProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix?: string;
}

/** Outcome of reading a schema. */
export type AvroReading<T = AvroRecord> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: AvroProblem };

const primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
const complex = ["record", "error", "enum", "fixed", "array", "map"];
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const maxNesting = 64;

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
 * A schema, of an event or shared, with what it refers to in place of the names.
 * @param types - JSON texts by full name.
 * @throws Error for what is no schema, saying why.
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

/** What was found out about the outermost type of a schema. */
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

/** Full name of a schema's outermost type; undefined where it has none. */
export function nameOfNamedType(json: unknown): string | undefined {
  if (!isObject(json) || typeof json.name !== "string") return undefined;
  return fullName(json.name, typeof json.namespace === "string" ? json.namespace : "");
}

class SchemaFault extends Error {
  readonly problem: AvroProblem;

  constructor(path: readonly (string | number)[], message: string, fix?: string) {
    super(message);
    this.problem = { path, message, ...(fix === undefined ? {} : { fix }) };
  }
}

/** Kind of a type after its names are resolved; what defaults and unions need. */
interface Resolved {
  /** Unions hold at most one of each: a primitive's or container's kind, or a full name. */
  readonly identity: string;
  /** Kind of the type, for example `record`, `int` or `union`. */
  readonly kind: string;
  readonly symbols?: readonly string[];
  readonly size?: number;
  readonly items?: Resolved;
  readonly branches?: readonly Resolved[];
  /** Filled after the name is known, because a record may refer to itself. */
  readonly fields?: Map<string, { readonly type: Resolved; readonly hasDefault: boolean }>;
}

type Path = readonly (string | number)[];

class SchemaReader {
  readonly #named = new Map<string, Resolved>();
  readonly #shared: SharedLookup;
  /** Types of other files by full name, as parsed. */
  readonly sharedTypes = new Map<string, unknown>();
  readonly #references = new Set<string>();
  /** Full names that the schema's own file defines. */
  readonly #own = new Set<string>();
  /** Whether a type of another file is being read. */
  #elsewhere = false;

  constructor(shared: SharedLookup) {
    this.#shared = shared;
  }

  /** Full names of the types of other files that the schema refers to by itself, sorted. */
  get references(): string[] {
    return [...this.#references].sort();
  }

  type(schema: unknown, namespace: string, path: Path, depth: number): Resolved {
    if (depth > maxNesting) throw new SchemaFault(path, `more than ${maxNesting} nested types`);
    if (typeof schema === "string") return this.#reference(schema, namespace, path, depth);
    if (Array.isArray(schema)) return this.#union(schema, namespace, path, depth);
    if (!isObject(schema)) throw new SchemaFault(path, `a type is wanted here; got ${JSON.stringify(schema)}`);
    const kind = schema.type;
    if (typeof kind !== "string")
      throw new SchemaFault(path, kind === undefined ? 'the "type" is missing' : '"type" must be a text here');
    switch (kind) {
      case "record":
      case "error":
        return this.#record(schema, namespace, path, depth);
      case "enum": {
        const symbols = schema.symbols;
        if (!Array.isArray(symbols) || symbols.length === 0) throw new SchemaFault(path, "an enum needs symbols");
        const seen = new Set<unknown>();
        symbols.forEach((symbol: unknown, index) => {
          if (typeof symbol !== "string" || !namePattern.test(symbol))
            throw new SchemaFault(
              [...path, "symbols", index],
              `${JSON.stringify(symbol)} is not allowed as a symbol`,
              "letters, digits and '_'",
            );
          if (Object.hasOwn(Object.prototype, symbol))
            throw new SchemaFault(
              [...path, "symbols", index],
              `the symbol ${symbol} is a name that every object of JavaScript has: its Avro library takes it for one that stands twice`,
              "write it in capitals, or call it otherwise",
            );
          if (seen.has(symbol)) throw new SchemaFault([...path, "symbols", index], `the symbol ${symbol} stands twice`);
          seen.add(symbol);
        });
        const fallback = schema.default;
        if (fallback !== undefined && !symbols.includes(fallback))
          throw new SchemaFault([...path, "default"], `the default ${JSON.stringify(fallback)} is none of the symbols`);
        return this.#define(schema, namespace, path, (identity) => ({
          identity,
          kind: "enum",
          symbols: symbols.map(String),
        }));
      }
      case "fixed": {
        const size = schema.size;
        if (typeof size !== "number" || !Number.isInteger(size) || size < 1)
          throw new SchemaFault(path, "a fixed type needs a size of at least 1");
        return this.#define(schema, namespace, path, (identity) => ({ identity, kind: "fixed", size }));
      }
      case "array":
      case "map": {
        const inner = kind === "array" ? "items" : "values";
        if (schema[inner] === undefined) throw new SchemaFault(path, `the ${kind} has no "${inner}"`);
        return { identity: kind, kind, items: this.type(schema[inner], namespace, [...path, inner], depth + 1) };
      }
      default:
        return this.#reference(kind, namespace, [...path, "type"], depth);
    }
  }

  #reference(name: string, namespace: string, path: Path, depth: number): Resolved {
    if (primitives.includes(name)) return { identity: name, kind: name };
    const full = fullName(name, namespace);
    if (!this.#elsewhere && this.sharedTypes.has(full)) this.#references.add(full);
    if (this.#elsewhere && this.#own.has(full))
      throw new SchemaFault(
        path,
        `it refers to ${full}, which this file defines as well`,
        `delete the definition of ${full} here, and refer to it by its name`,
      );
    const found = this.#named.get(full) ?? this.#named.get(name) ?? this.#fromOtherFile(full, path, depth);
    if (found !== undefined) return found;
    const meant = closest(name, [...primitives, ...complex, ...this.#named.keys()]);
    throw new SchemaFault(
      path,
      `the type ${JSON.stringify(name)} is not known`,
      meant === undefined
        ? "define it in this file before it is used, or in a file of its own below topics/schemas/"
        : `did you mean ${JSON.stringify(meant)}?`,
    );
  }

  #fromOtherFile(name: string, path: Path, depth: number): Resolved | undefined {
    const shared = this.#shared(name);
    if (shared === undefined) return undefined;
    if ("fault" in shared) throw new SchemaFault(path, shared.fault, shared.fix);
    const outer = this.#elsewhere;
    if (!outer) this.#references.add(name);
    this.#elsewhere = true;
    this.sharedTypes.set(name, shared.json);
    try {
      return this.type(shared.json, "", path, depth + 1);
    } catch (error) {
      // Good by itself, so it is what this schema defines besides that it can't stand beside.
      if (error instanceof SchemaFault)
        throw new SchemaFault(path, `${name} can't be used here: ${error.message}`, error.problem.fix);
      throw error;
    } finally {
      this.#elsewhere = outer;
    }
  }

  #union(schemas: readonly unknown[], namespace: string, path: Path, depth: number): Resolved {
    if (schemas.length === 0) throw new SchemaFault(path, "a union needs at least one type");
    const seen = new Set<string>();
    const branches = schemas.map((schema, index) => {
      if (Array.isArray(schema)) throw new SchemaFault([...path, index], "a union can't stand directly in a union");
      const branch = this.type(schema, namespace, [...path, index], depth + 1);
      if (seen.has(branch.identity))
        throw new SchemaFault([...path, index], `the union holds ${branch.identity} twice`);
      seen.add(branch.identity);
      return branch;
    });
    return { identity: "union", kind: "union", branches };
  }

  #record(schema: Record<string, unknown>, namespace: string, path: Path, depth: number): Resolved {
    const fields = schema.fields;
    if (!Array.isArray(fields)) throw new SchemaFault(path, 'the record has no list of "fields"');
    const known = new Map<string, { type: Resolved; hasDefault: boolean }>();
    const record = this.#define(schema, namespace, path, (identity) => ({ identity, kind: "record", fields: known }));
    const inner = namespaceOf(record.identity);
    fields.forEach((field: unknown, index) => {
      const where = [...path, "fields", index];
      if (!isObject(field)) throw new SchemaFault(where, "a field must be an object with name and type");
      const name = field.name;
      if (typeof name !== "string" || !namePattern.test(name))
        throw new SchemaFault(
          name === undefined ? where : [...where, "name"],
          name === undefined ? "the field has no name" : `${JSON.stringify(name)} is not allowed as a field's name`,
          "letters, digits and '_', not beginning with a digit",
        );
      if (name === "__proto__")
        throw new SchemaFault(
          [...where, "name"],
          "the field __proto__ is lost where JavaScript reads the record: it stands for the object's prototype there",
          "call it otherwise",
        );
      if (known.has(name)) throw new SchemaFault([...where, "name"], `the field ${name} stands twice`);
      if (field.type === undefined) throw new SchemaFault(where, `the field ${name} has no type`);
      const type = this.type(field.type, inner, [...where, "type"], depth + 1);
      if (Object.hasOwn(field, "default") && !fits(field.default, type)) {
        throw new SchemaFault(
          [...where, "default"],
          `the default ${JSON.stringify(field.default)} of ${name} does not fit its type`,
          type.kind === "union" ? "a default belongs to the first type of the union" : undefined,
        );
      }
      checkAliases(field.aliases, [...where, "aliases"]);
      known.set(name, { type, hasDefault: Object.hasOwn(field, "default") });
    });
    fields.forEach((field: unknown, index) => {
      const aliases = isObject(field) && Array.isArray(field.aliases) ? field.aliases.map(String) : [];
      const taken = aliases.findIndex((alias) => known.has(alias));
      if (taken !== -1)
        throw new SchemaFault(
          [...path, "fields", index, "aliases", taken],
          `the alias ${aliases[taken] ?? ""} is the name of another field of this record: which one is read is not defined`,
          "delete the alias, or the other field",
        );
    });
    return record;
  }

  #define(
    schema: Record<string, unknown>,
    namespace: string,
    path: Path,
    make: (identity: string) => Resolved,
  ): Resolved {
    const name = schema.name;
    if (typeof name !== "string") throw new SchemaFault(path, `the ${String(schema.type)} has no name`);
    const own = schema.namespace;
    if (own !== undefined && typeof own !== "string")
      throw new SchemaFault([...path, "namespace"], "the namespace must be a text");
    const identity = fullName(name, own ?? namespace);
    if (identity.split(".").some((step) => !namePattern.test(step)))
      throw new SchemaFault(
        [...path, "name"],
        `${JSON.stringify(identity)} is not allowed as a name`,
        "letters, digits and '_' between dots",
      );
    if (primitives.includes(identity))
      throw new SchemaFault([...path, "name"], `${identity} is the name of a primitive type`);
    if (this.#named.has(identity))
      throw new SchemaFault(
        [...path, "name"],
        `the type ${identity} is defined twice`,
        "refer to the first one by its name",
      );
    checkAliases(schema.aliases, [...path, "aliases"]);
    const type = make(identity);
    this.#named.set(identity, type);
    if (!this.#elsewhere) this.#own.add(identity);
    return type;
  }
}

/** @throws SchemaFault when aliases are given and are no list of names. */
function checkAliases(aliases: unknown, path: Path): void {
  if (aliases === undefined) return;
  if (!Array.isArray(aliases))
    throw new SchemaFault(
      path,
      `aliases are a list of names; got ${JSON.stringify(aliases)}`,
      'write "aliases": ["earlierName"]',
    );
  aliases.forEach((alias: unknown, index) => {
    if (typeof alias !== "string" || alias.split(".").some((step) => !namePattern.test(step)))
      throw new SchemaFault(
        [...path, index],
        `${JSON.stringify(alias)} is not allowed as an alias`,
        "letters, digits and '_' between dots",
      );
  });
}

/** A schema in which every name is a full one: two that mean the same by other namespaces become equal. */
export function withFullNames(schema: unknown, namespace = ""): unknown {
  if (typeof schema === "string") return primitives.includes(schema) ? schema : fullName(schema, namespace);
  if (Array.isArray(schema)) return schema.map((branch: unknown) => withFullNames(branch, namespace));
  if (!isObject(schema)) return schema;
  const { type, namespace: own, ...rest } = schema;
  if (type === "array") return { ...rest, type, items: withFullNames(rest.items, namespace) };
  if (type === "map") return { ...rest, type, values: withFullNames(rest.values, namespace) };
  if (typeof type !== "string" || !complex.includes(type)) return { ...rest, type: withFullNames(type, namespace) };
  const name = fullName(String(rest.name), typeof own === "string" ? own : namespace);
  const inner = namespaceOf(name);
  const fields = rest.fields;
  return {
    ...rest,
    type,
    name,
    ...(Array.isArray(fields)
      ? {
          fields: fields.map((field: unknown) =>
            isObject(field) ? { ...field, type: withFullNames(field.type, inner) } : field,
          ),
        }
      : {}),
  };
}

/** A schema in which the first mention of each type of another file is its definition; both are known to be good. */
function withSharedTypes(schema: unknown, types: ReadonlyMap<string, unknown>): unknown {
  const defined = new Set<string>();
  const visit = (type: unknown, namespace: string): unknown => {
    if (typeof type === "string") {
      const name = fullName(type, namespace);
      if (defined.has(name) || !types.has(name)) return type;
      return visit(types.get(name), "");
    }
    if (Array.isArray(type)) return type.map((branch: unknown) => visit(branch, namespace));
    if (!isObject(type)) return type;
    switch (type.type) {
      case "array":
        return { ...type, items: visit(type.items, namespace) };
      case "map":
        return { ...type, values: visit(type.values, namespace) };
      case "record":
      case "error":
      case "enum":
      case "fixed": {
        const name = fullName(String(type.name), typeof type.namespace === "string" ? type.namespace : namespace);
        defined.add(name);
        if (!Array.isArray(type.fields)) return type;
        const inner = namespaceOf(name);
        return {
          ...type,
          fields: type.fields.map((field: unknown) =>
            isObject(field) ? { ...field, type: visit(field.type, inner) } : field,
          ),
        };
      }
      default: {
        const inner = visit(type.type, namespace);
        return typeof inner === "string" ? type : inner;
      }
    }
  };
  return visit(schema, "");
}

/** Whether a JSON default fits a type. A union's default belongs to its first branch. */
function fits(value: unknown, type: Resolved): boolean {
  switch (type.kind) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "int":
      return typeof value === "number" && Number.isInteger(value) && Math.abs(value + 0.5) < 2 ** 31;
    case "long":
      return typeof value === "number" && Number.isSafeInteger(value);
    case "float":
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "bytes":
      return typeof value === "string" && /^[\u0000-\u00ff]*$/.test(value);
    case "fixed":
      return typeof value === "string" && /^[\u0000-\u00ff]*$/.test(value) && value.length === type.size;
    case "enum":
      return typeof value === "string" && type.symbols?.includes(value) === true;
    case "array":
      return Array.isArray(value) && value.every((item) => type.items !== undefined && fits(item, type.items));
    case "map":
      return (
        isObject(value) && Object.values(value).every((item) => type.items !== undefined && fits(item, type.items))
      );
    case "record":
      return (
        isObject(value) &&
        [...(type.fields ?? [])].every(([name, field]) =>
          Object.hasOwn(value, name) ? fits(value[name], field.type) : field.hasDefault,
        )
      );
    case "union": {
      const first = type.branches?.[0];
      return first !== undefined && fits(value, first);
    }
    default:
      return false;
  }
}

/** A name with its namespace; a name with dots has its own. */
/** Namespace of a full name; empty where it has none. */
export function namespaceOf(name: string): string {
  return name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
}

/** A name as Avro resolves it: one without dots lies in the namespace around it. */
export function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
