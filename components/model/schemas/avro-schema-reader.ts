/** Reads an Avro schema by the specification (1.12) and refuses invalid ones. */
import { closest } from "../problems/suggestion.ts";
import { isObject } from "../values/json.ts";
import { fits, type Resolved } from "./avro-defaults.ts";
import { complex, fullName, namespaceOf, primitives } from "./avro-names.ts";

/**
 * Result of a search for a type in other files: the type, a reason why it cannot be used, or undefined if no file
 * defines the name.
 */
export type SharedLookup = (
  name: string,
) => { readonly json: unknown } | { readonly fault: string; readonly fix?: string } | undefined;

/** A fault in a schema, with its location: steps from the schema's root. */
export interface AvroProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix?: string;
}

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const maxNesting = 64;

/** Error for an invalid schema. */
export class SchemaFault extends Error {
  readonly problem: AvroProblem;

  constructor(path: readonly (string | number)[], message: string, fix?: string) {
    super(message);
    this.problem = { path, message, ...(fix === undefined ? {} : { fix }) };
  }
}

type Path = readonly (string | number)[];

/** Reads one schema. After the read it holds the references of the schema. */
export class SchemaReader {
  readonly #named = new Map<string, Resolved>();
  readonly #shared: SharedLookup;
  /** Types of other files by full name, as parsed. */
  readonly sharedTypes = new Map<string, unknown>();
  readonly #references = new Set<string>();
  /** Full names that the schema's own file defines. */
  readonly #own = new Set<string>();
  /** Whether it is currently reading a type of another file. */
  #elsewhere = false;

  constructor(shared: SharedLookup) {
    this.#shared = shared;
  }

  /** Full names of the types of other files that the schema refers to directly, sorted. */
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
              `the symbol ${symbol} is a name that every JavaScript object has: the Avro library treats it as a duplicate`,
              "write it in capitals, or call it otherwise",
            );
          if (seen.has(symbol)) throw new SchemaFault([...path, "symbols", index], `the symbol ${symbol} occurs twice`);
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
      // The type is valid by itself, so it conflicts with another definition of this schema.
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
      if (Array.isArray(schema)) throw new SchemaFault([...path, index], "a union can't be directly in a union");
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
          "the field __proto__ is lost when JavaScript reads the record: there it means the object's prototype",
          "call it otherwise",
        );
      if (known.has(name)) throw new SchemaFault([...where, "name"], `the field ${name} occurs twice`);
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

/**
 * Checks aliases.
 * @throws SchemaFault if aliases are present and not a list of names.
 */
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
