import {
  annotations,
  type JsonSchema,
  resolvePointer,
  type SchemaObject,
  sameJson,
} from "../../../model/schemas/json-schema-parts.ts";
import type { Direction } from "../../compatibility.ts";
import type { Incompatibility } from "../level.ts";
import {
  bounds,
  concerns,
  intersection,
  isNarrow,
  mayBe,
  merged,
  namesOf,
  numberOf,
  other,
  placeIn,
  propertiesOf,
  typeOfValue,
  typesOf,
  valuesOf,
  without,
} from "./schema-facts.ts";

/*
 * This file decides whether one JSON Schema allows every document that another one allows. There is no simple decision
 * procedure for the whole language, so the check is conservative: it reports a failure if it cannot prove that a
 * document is allowed. A keyword that it does not know must be equal in both schemas. The checks of Confluent and
 * Apicurio are conservative in the same way.
 */

/** Returns every location at which `reader` refuses a document that `writer` allows; empty if it allows all of them. */
export function jsonIncompatibilities(
  reader: JsonSchema,
  writer: JsonSchema,
  direction: Direction = "backward",
): Incompatibility[] {
  return new Containment(reader, writer, direction).schemas(reader, writer, "");
}

const typeNames = ["null", "boolean", "object", "array", "number", "string", "integer"];
/** Keywords that are compared individually. */
const known = new Set([
  "$schema",
  "$id",
  "$ref",
  "$defs",
  "definitions",
  "type",
  "enum",
  "const",
  "anyOf",
  "oneOf",
  "allOf",
  "properties",
  "required",
  "additionalProperties",
  "minProperties",
  "maxProperties",
  "items",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  ...annotations,
]);
/** Maximum number of schema pairs that are compared. */
const mostSteps = 20_000;
/** Maximum depth of nested branches that is searched for a difference between two branches. */
const mostNesting = 16;

/** Pairs in progress or done, so that a recursive schema is compared once. */
type SeenPairs = Map<JsonSchema, Set<JsonSchema>>;

class Containment {
  readonly #roots: readonly [JsonSchema, JsonSchema];
  readonly #direction: Direction;
  readonly #seen: SeenPairs;
  /** Work counter, shared with the trials of branches. */
  readonly #work: { steps: number };

  constructor(
    reader: JsonSchema,
    writer: JsonSchema,
    direction: Direction,
    seen: SeenPairs = new Map(),
    work = { steps: 0 },
  ) {
    this.#roots = [reader, writer];
    this.#direction = direction;
    this.#seen = seen;
    this.#work = work;
  }

  /** Whether the reader is the new schema. */
  get #new(): boolean {
    return this.#direction === "backward";
  }

  schemas(readerSchema: JsonSchema, writerSchema: JsonSchema, path: string): Incompatibility[] {
    const reader = resolvePointer(readerSchema, this.#roots[0]);
    const writer = resolvePointer(writerSchema, this.#roots[1]);
    if (reader === true || writer === false) return [];
    if (reader === false)
      return [
        this.#fault(
          path,
          "is no longer allowed to be there",
          "may be there, which earlier readers refuse",
          "allow it in the schema",
        ),
      ];
    if (this.#work.steps++ > mostSteps)
      return [
        {
          path,
          message: "the schemas are too intertwined to be compared",
          fix: "split the schema, or refer to its parts by $ref",
        },
      ];
    if (writer !== true) {
      const seen = this.#seen.get(reader) ?? new Set();
      if (seen.has(writer)) return [];
      this.#seen.set(reader, seen.add(writer));
      // Equal texts have the same meaning only without references, because a reference leads to the definitions of its
      // own side.
      if (sameJson(reader, writer) && !JSON.stringify(reader).includes('"$ref"')) return [];
      for (const combinator of ["anyOf", "oneOf"] as const) {
        const branches = writer[combinator];
        if (Array.isArray(branches))
          return (branches as JsonSchema[]).flatMap((branch) =>
            this.schemas(reader, merged(writer, combinator, resolvePointer(branch, this.#roots[1])), path),
          );
      }
      if (Array.isArray(writer.allOf))
        return this.schemas(
          reader,
          (writer.allOf as JsonSchema[]).reduce<JsonSchema>(
            (whole, part) => intersection(whole, resolvePointer(part, this.#roots[1])),
            without(writer, "allOf"),
          ),
          path,
        );
    }
    return this.#keywords(reader, writer === true ? {} : writer, path);
  }

  #keywords(reader: SchemaObject, writer: SchemaObject, path: string): Incompatibility[] {
    const found: Incompatibility[] = [];
    for (const keyword of Object.keys(reader)) {
      if (!known.has(keyword) && !sameJson(reader[keyword], writer[keyword]))
        found.push(this.#unlike(path, keyword, writer));
    }
    if (Array.isArray(reader.allOf))
      for (const part of reader.allOf as JsonSchema[]) found.push(...this.schemas(part, writer, path));
    for (const combinator of ["anyOf", "oneOf"] as const) {
      const branches = reader[combinator];
      if (Array.isArray(branches))
        found.push(...this.#intoBranches(branches as JsonSchema[], writer, path, combinator));
    }
    const values = valuesOf(writer);
    const types = this.#types(reader, writer, values, path);
    found.push(...types, ...this.#values(reader, values, path));
    if (types.length > 0) return found;
    return [
      ...found,
      ...this.#bounds(reader, writer, path),
      ...this.#objects(reader, writer, path),
      ...this.#items(reader, writer, path),
    ];
  }

  #intoBranches(
    branches: readonly JsonSchema[],
    writer: SchemaObject,
    path: string,
    combinator: "anyOf" | "oneOf",
  ): Incompatibility[] {
    const seen = (): SeenPairs => new Map([...this.#seen].map(([reader, writers]) => [reader, new Set(writers)]));
    const fitting = branches.filter(
      (branch) =>
        new Containment(...this.#roots, this.#direction, seen(), this.#work).schemas(branch, writer, path).length === 0,
    );
    if (combinator === "anyOf" && fitting.length > 0) return [];
    // A document that fits one branch may also fit another one, in part or in full. `oneOf` refuses such a document.
    const others = branches.filter((branch) => branch !== fitting[0]);
    if (fitting.length === 1 && others.every((branch) => this.#isApart(branch, writer, mostNesting))) return [];
    return [
      this.#fault(
        path,
        `none of its ${combinator} branches takes all that earlier documents may hold`,
        `may hold what no ${combinator} branch of earlier readers takes`,
        `keep the branches that were there`,
      ),
    ];
  }

  /**
   * Returns whether a reader's branch accepts no document that the writer may write. The caller has already separated
   * the writer's own branches. Two schemas are apart if they have no type or no listed value in common, or if a property that
   * both require is apart. If none of these applies, they count as not apart.
   */
  #isApart(branch: JsonSchema, writer: SchemaObject, nesting: number): boolean {
    const reader = resolvePointer(branch, this.#roots[0]);
    if (typeof reader === "boolean") return !reader;
    if (nesting === 0) return false;
    if (
      Array.isArray(reader.allOf) &&
      (reader.allOf as JsonSchema[]).some((part) => this.#isApart(part, writer, nesting - 1))
    )
      return true;
    for (const combinator of ["anyOf", "oneOf"] as const) {
      const branches = reader[combinator];
      if (
        Array.isArray(branches) &&
        (branches as JsonSchema[]).every((each) => this.#isApart(each, writer, nesting - 1))
      )
        return true;
    }
    const [takes, writes] = [valuesOf(reader), valuesOf(writer)];
    if (takes !== undefined && writes !== undefined)
      return !takes.some((value) => writes.some((each) => sameJson(value, each)));
    const types = writes?.map(typeOfValue) ?? typesOf(writer.type);
    const taken = takes?.map(typeOfValue) ?? typesOf(reader.type);
    if (types === undefined || taken === undefined) return false;
    const number = (type: string): string => (type === "integer" ? "number" : type);
    if (!types.some((type) => taken.map(number).includes(number(type)))) return true;
    if (types.some((type) => type !== "object") || !namesOf(reader.required).length) return false;
    const written = propertiesOf(writer);
    return [...propertiesOf(reader)].some(([name, property]) => {
      const other = resolvePointer(written.get(name) ?? true, this.#roots[1]);
      const required = namesOf(reader.required).includes(name) && namesOf(writer.required).includes(name);
      return required && typeof other === "object" && this.#isApart(property, other, nesting - 1);
    });
  }

  #types(
    reader: SchemaObject,
    writer: SchemaObject,
    values: readonly unknown[] | undefined,
    path: string,
  ): Incompatibility[] {
    const allowed = typesOf(reader.type);
    if (allowed === undefined) return [];
    const written = values?.map(typeOfValue) ?? typesOf(writer.type) ?? typeNames.filter((type) => type !== "integer");
    const refused = [...new Set(written)].filter(
      (type) => !allowed.includes(type) && !(type === "integer" && allowed.includes("number")),
    );
    if (refused.length === 0) return [];
    const [took, takes] = [
      written.length >= typeNames.length - 1 ? "anything" : written.join(" or "),
      allowed.join(" or "),
    ];
    return [
      this.#fault(
        path,
        `was ${took} and is ${takes}`,
        `is ${took}, and earlier readers take ${takes} only`,
        this.#new ? `allow ${refused.join(" and ")} as well` : `keep ${takes}`,
      ),
    ];
  }

  #values(reader: SchemaObject, values: readonly unknown[] | undefined, path: string): Incompatibility[] {
    const allowed = valuesOf(reader);
    if (allowed === undefined) return [];
    const unknown = values?.filter((value) => !allowed.some((each) => sameJson(each, value)));
    if (unknown === undefined)
      return [
        this.#fault(
          path,
          "takes only listed values, and could hold any before",
          "takes any value, and earlier readers take listed ones only",
          "keep it as it was, or add another property beside it",
        ),
      ];
    if (unknown.length === 0) return [];
    const text = unknown
      .slice(0, 5)
      .map((value) => JSON.stringify(value))
      .join(", ");
    return [
      this.#fault(
        path,
        `no longer takes ${text}, which earlier documents hold`,
        `may be ${text}, which earlier readers refuse`,
        this.#new ? `keep ${text}` : `let all readers take ${text} first`,
      ),
    ];
  }

  #bounds(reader: SchemaObject, writer: SchemaObject, path: string): Incompatibility[] {
    const found: Incompatibility[] = [];
    for (const [keyword, larger] of Object.entries(bounds)) {
      const [limit, was] = [numberOf(reader[keyword]), numberOf(writer[keyword])];
      if (limit === undefined) continue;
      // For a count, a minimum of 0 is no bound.
      if (larger === false && limit === 0 && keyword.startsWith("min") && keyword !== "minimum") continue;
      if (was !== undefined && (larger ? was <= limit : was >= limit)) continue;
      if (!concerns(keyword, writer)) continue;
      found.push(
        this.#fault(
          path,
          `${keyword} is ${limit}, and was ${was ?? "not set"}`,
          `${keyword} is ${was ?? "not set"}, and earlier readers hold it to ${limit}`,
          this.#new ? `keep ${keyword} ${was === undefined ? "away" : was}` : `keep ${keyword} ${limit}`,
        ),
      );
    }
    const factor = numberOf(reader.multipleOf);
    const step = numberOf(writer.multipleOf);
    if (
      factor !== undefined &&
      concerns("multipleOf", writer) &&
      (step === undefined || !Number.isInteger(step / factor))
    )
      found.push(
        this.#fault(
          path,
          `is a multiple of ${factor}, and was ${step === undefined ? "any number" : `one of ${step}`}`,
          `is ${step === undefined ? "any number" : `a multiple of ${step}`}, and earlier readers take multiples of ${factor}`,
          "keep multipleOf as it was",
        ),
      );
    return found;
  }

  #objects(reader: SchemaObject, writer: SchemaObject, path: string): Incompatibility[] {
    if (!mayBe("object", writer)) return [];
    const found: Incompatibility[] = [];
    const [wanted, given] = [propertiesOf(reader), propertiesOf(writer)];
    const [needed, sure] = [namesOf(reader.required), namesOf(writer.required)];
    const gone = needed.filter((name) => !sure.includes(name));
    for (const name of gone) {
      const where = placeIn(path, name);
      found.push(
        this.#new
          ? {
              path: where,
              message: "is required, and documents without it exist",
              fix: `take ${name} out of "required"`,
            }
          : {
              path: where,
              message: "is required by earlier readers, and may be absent",
              fix: `keep ${name} in "required"; to drop it, take it out of "required" first and let all readers take that version`,
            },
      );
    }
    const names = new Set([...wanted.keys(), ...given.keys()]);
    for (const name of names) {
      const has = wanted.get(name) ?? other(reader);
      const had = given.get(name) ?? other(writer);
      if (had === true && has !== true && !given.has(name) && isNarrow(has)) {
        found.push(
          this.#fault(
            placeIn(path, name),
            "is new, and earlier documents may hold anything under this name, since other properties are allowed",
            `is gone, and new documents may hold anything under this name, since other properties are allowed`,
            `write "additionalProperties": false ${path === "" ? "in the schema" : `at ${path}`} before properties come and go`,
          ),
        );
        continue;
      }
      found.push(...this.schemas(has, had, placeIn(path, name)));
    }
    found.push(...this.schemas(other(reader), other(writer), placeIn(path, "*")));
    return found;
  }

  #items(reader: SchemaObject, writer: SchemaObject, path: string): Incompatibility[] {
    if (!mayBe("array", writer) || reader.items === undefined) return [];
    const [items, had] = [reader.items, writer.items ?? true];
    if (Array.isArray(items) || Array.isArray(had))
      return sameJson(items, had) ? [] : [this.#unlike(path, "items", writer)];
    return this.schemas(items as JsonSchema, had as JsonSchema, `${path}[]`);
  }

  #unlike(path: string, keyword: string, writer: SchemaObject): Incompatibility {
    return this.#fault(
      path,
      `${keyword} ${writer[keyword] === undefined ? "is new" : "has changed"}, which may refuse earlier documents`,
      `${keyword} ${writer[keyword] === undefined ? "is gone" : "has changed"}, and earlier readers may refuse new documents`,
      `keep ${keyword} as it was`,
    );
  }

  #fault(path: string, whenNew: string, whenOld: string, fix: string): Incompatibility {
    return { path, message: this.#new ? whenNew : whenOld, fix };
  }
}
