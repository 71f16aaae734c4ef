import type { Compatibility } from "../../../model/schemas/compatibility.ts";
import type { Direction } from "../../compatibility.ts";
import { type CompatibilityFailure, heldToLevel, type Incompatibility } from "../level.ts";
import { type AvroField, type AvroRecordType, type AvroType, nameOfType, parseAvro } from "./schema-tree.ts";

/*
 * This file decides whether data written with one schema can be read with another, by the resolution rules of the Avro
 * specification (1.12, "Schema Resolution"). Names are compared in full, because the services' codec does the same: if
 * the registry accepts a schema that the codec rejects, the consumer still cannot decode the record.
 */

/** `full`: names with their namespaces must match. `any`: only the contents of the types count, for renamed types. */
type NameMatch = "full" | "any";

/**
 * Checks a new schema against a compatibility level.
 * @param schema - The new version.
 * @param versions - Earlier versions, newest first. Levels that are not transitive use only the first.
 * @param names - How names of records, enums and fixed types are compared.
 */
export function compatibilityFailures(
  schema: string,
  versions: readonly string[],
  level: Compatibility,
  { names = "full" }: { readonly names?: NameMatch } = {},
): CompatibilityFailure[] {
  return heldToLevel(schema, versions, level, parseAvro, (reader, writer, direction) =>
    incompatibilities(reader, writer, direction, names),
  );
}

/** Returns every location at which `reader` cannot read data of `writer`; empty if it can read all of it. */
export function incompatibilities(
  reader: AvroType,
  writer: AvroType,
  direction: Direction = "backward",
  names: NameMatch = "full",
): Incompatibility[] {
  return new Resolution(direction, names).between(reader, writer, "");
}

const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ["long", "float", "double"],
  long: ["float", "double"],
  float: ["double"],
  string: ["bytes"],
  bytes: ["string"],
};

class Resolution {
  readonly #direction: Direction;
  readonly #nameMatch: NameMatch;
  /**
   * Failures found for each pair of records, with locations relative to the record. The list is empty while the pair is
   * in progress, so that a recursive type is compared once.
   */
  readonly #found = new Map<AvroType, Map<AvroType, Incompatibility[]>>();

  constructor(direction: Direction, names: NameMatch) {
    this.#direction = direction;
    this.#nameMatch = names;
  }

  between(reader: AvroType, writer: AvroType, path: string): Incompatibility[] {
    if (writer.kind === "union") return writer.branches.flatMap((branch) => this.#fromBranch(reader, branch, path));
    if (reader.kind === "union") return this.#intoUnion(reader.branches, writer, path);
    if (reader.kind === "record" && writer.kind === "record") return this.#records(reader, writer, path);
    if (reader.kind === "enum" && writer.kind === "enum") {
      return this.#names(reader, writer, path) ?? this.#symbols(reader.symbols, reader.default, writer.symbols, path);
    }
    if (reader.kind === "fixed" && writer.kind === "fixed") {
      return (
        this.#names(reader, writer, path) ??
        (reader.size === writer.size
          ? []
          : this.#mismatch(`${reader.size} bytes of ${reader.name}`, `${writer.size} bytes of it`, path))
      );
    }
    if ((reader.kind === "array" || reader.kind === "map") && reader.kind === writer.kind) {
      return this.between(reader.items, writer.items, `${path}${reader.kind === "array" ? "[]" : "{}"}`);
    }
    if (reader.kind === writer.kind || promotions[writer.kind]?.includes(reader.kind) === true) return [];
    return this.#mismatch(nameOfType(reader), nameOfType(writer), path);
  }

  #fromBranch(reader: AvroType, branch: AvroType, path: string): Incompatibility[] {
    const found = this.between(reader, branch, path);
    if (found.length === 0 || branch.kind !== "null" || reader.kind === "union") return found;
    return [
      {
        path,
        message: `a reader of ${nameOfType(reader)} fails on null, which is written`,
        fix: this.#new ? "keep null among its types" : "do not add null to its types",
      },
    ];
  }

  #intoUnion(branches: readonly AvroType[], writer: AvroType, path: string): Incompatibility[] {
    let closest: Incompatibility[] | undefined;
    for (const branch of branches) {
      const found = this.between(branch, writer, path);
      if (found.length === 0) return [];
      if (sameSort(branch, writer)) closest ??= found;
    }
    return closest ?? this.#mismatch(branches.map(nameOfType).join(" or "), nameOfType(writer), path);
  }

  #records(reader: AvroRecordType, writer: AvroRecordType, path: string): Incompatibility[] {
    const misnamed = this.#names(reader, writer, path);
    if (misnamed !== undefined) return misnamed;
    const known = this.#found.get(reader) ?? new Map<AvroType, Incompatibility[]>();
    let found = known.get(writer);
    if (found === undefined) {
      this.#found.set(reader, known.set(writer, []));
      found = this.#fields(reader, writer);
      // Only the first location gets the full list, because types that share parts have exponentially many locations.
      known.set(writer, found.slice(0, 1));
    }
    return found.map((failure) => ({
      ...failure,
      path: path === "" || failure.path === "" ? `${path}${failure.path}` : `${path}.${failure.path}`,
    }));
  }

  #fields(reader: AvroRecordType, writer: AvroRecordType): Incompatibility[] {
    const written = new Map(writer.fields.map((field) => [field.name, field]));
    return reader.fields.flatMap((field) => {
      const [source, other] = [...new Set([field.name, ...field.aliases])].flatMap((name) => written.get(name) ?? []);
      if (source === undefined) return field.hasDefault ? [] : [this.#missing(field)];
      if (other !== undefined)
        return [
          {
            path: field.name,
            message: `${source.name} and ${other.name} both stand for it`,
            fix: "delete one of the aliases",
          },
        ];
      return this.between(field.type, source.type, field.name);
    });
  }

  #missing(field: AvroField): Incompatibility {
    const { name } = field;
    return this.#new
      ? {
          path: name,
          message: `records without ${name} exist, and it has no default`,
          fix: `give it a default, for example "type": ["null", ${JSON.stringify(simpleName(field.type))}], "default": null`,
        }
      : {
          path: name,
          message: `earlier readers need ${name} and have no default for it`,
          fix: `keep ${name}; to drop it, give it a default first and let all readers take that version`,
        };
  }

  #symbols(
    known: readonly string[],
    fallback: string | undefined,
    written: readonly string[],
    path: string,
  ): Incompatibility[] {
    const unknown = written.filter((symbol) => !known.includes(symbol));
    if (unknown.length === 0 || fallback !== undefined) return [];
    const symbols = unknown.join(", ");
    return [
      this.#new
        ? {
            path,
            message: `records with ${symbols} exist, and the enum no longer has ${unknown.length === 1 ? "it" : "them"}`,
            fix: `keep ${symbols}, or give the enum a "default"`,
          }
        : {
            path,
            message: `earlier readers do not know ${symbols}, and their enum has no default`,
            fix: `give the enum a "default" first and let all readers take that version, then add ${symbols}`,
          },
    ];
  }

  #names(
    reader: { readonly name: string; readonly aliases: readonly string[] },
    writer: { readonly name: string },
    path: string,
  ): Incompatibility[] | undefined {
    if (this.#nameMatch === "any" || reader.name === writer.name || reader.aliases.includes(writer.name))
      return undefined;
    return [
      {
        path,
        message: `a reader of ${reader.name} does not take ${writer.name} for it`,
        fix: this.#new ? `keep the name ${writer.name}, or list it under "aliases"` : `keep the name ${reader.name}`,
      },
    ];
  }

  #mismatch(reader: string, writer: string, path: string): Incompatibility[] {
    return [
      {
        path,
        message: `a reader of ${reader} cannot read ${writer}`,
        fix: `keep ${this.#new ? writer : reader}, or add a field of another name beside it`,
      },
    ];
  }

  /** Whether the reader is the new schema. */
  get #new(): boolean {
    return this.#direction === "backward";
  }
}

/** Returns whether two types are of the same sort, so that a message can name the difference between them. */
function sameSort(a: AvroType, b: AvroType): boolean {
  if (a.kind !== b.kind) return false;
  return "name" in a && "name" in b ? a.name === b.name : true;
}

function simpleName(type: AvroType): string {
  if (type.kind === "union") return type.branches.map(simpleName).find((name) => name !== "null") ?? "null";
  return "name" in type ? type.name : type.kind;
}
