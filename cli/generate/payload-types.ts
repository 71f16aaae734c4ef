/**
 * TypeScript types of Avro payloads. They are derived from the codec library's own types, so they match what a service really
 * reads and writes: a long is a number, bytes and fixed types (including decimals) are a Buffer, and a union whose branches
 * JavaScript cannot distinguish is wrapped. Pure.
 */
import avro from "avsc";
import { docComment, unionType } from "./type-script.ts";

declare module "avsc" {
  namespace types {
    // The library's own declaration omits it.
    interface Field {
      readonly doc: string | undefined;
    }
  }
}

/**
 * `read`: what a consumer gets, with every field set. `written`: what a producer passes, where fields with a default may be
 * omitted.
 */
export type Side = "read" | "written";

/** A payload that needs a type. */
export interface PayloadUse {
  /** The codec of the event's schema: a record. */
  readonly type: avro.Type;
  readonly side: Side;
}

/** Types of payloads. */
export interface PayloadTypes {
  /** For each payload, in their order, the name of its type. */
  readonly names: readonly string[];
  /** Text of the declarations, each record before the types that it uses. */
  readonly declarations: readonly string[];
}

/** A record or enum of the schemas, which gets a declaration. */
interface Definition {
  readonly type: avro.Type;
  /** Simple name of the payload's record in which it first appears. */
  readonly root: string;
  readonly sides: Set<Side>;
}

/** Names that have another meaning in the file, or that TypeScript does not allow for a type. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    "Buffer ConsumedEvents EventMap PublishedEvents any as async await bigint boolean break case catch class const continue debugger " +
    "declare default delete do else enum export extends false finally for function if implements import in instanceof " +
    "interface let never new null number object package private protected public return static string super switch " +
    "symbol this throw true try type typeof undefined unknown var void while with yield"
  ).split(" "),
);

/** Declares the types of payloads; a record or enum that several payloads use is declared once. */
export function payloadTypes(uses: readonly PayloadUse[]): PayloadTypes {
  const definitions = new Map<string, Definition>();
  for (const { type, side } of uses) collect(type, side, simpleName(type), definitions);
  const names = namesOf([...definitions.entries()]);

  function nameOf(type: avro.Type, side: Side): string {
    const name = names.get(identityOf(type)) ?? simpleName(type);
    return side === "written" && mayOmit(type) ? writtenName(name) : name;
  }
  function expression(type: avro.Type, side: Side): string {
    if (type instanceof avro.types.RecordType || type instanceof avro.types.EnumType) return nameOf(type, side);
    if (type instanceof avro.types.ArrayType) {
      const items = expression(type.itemsType, side);
      return `readonly ${/^[\w.]+$/u.test(items) ? items : `(${items})`}[]`;
    }
    if (type instanceof avro.types.MapType) return `{ readonly [key: string]: ${expression(type.valuesType, side)} }`;
    if (type instanceof avro.types.UnwrappedUnionType)
      return nullLast(type.types.map((branch) => expression(branch, side))).join(" | ");
    if (type instanceof avro.types.WrappedUnionType)
      return nullLast(
        type.types.map((branch) =>
          branch.typeName === "null"
            ? "null"
            : `{ readonly ${propertyName(branch.branchName ?? branch.typeName)}: ${expression(branch, side)} }`,
        ),
      ).join(" | ");
    const primitive = PRIMITIVES[type.typeName];
    if (primitive === undefined) throw new Error(`no TypeScript type is known for Avro's ${type.typeName}`);
    return primitive;
  }
  function declaration(type: avro.Type, side: Side): string {
    const name = nameOf(type, side);
    if (type instanceof avro.types.EnumType)
      return `${docComment(type.doc)}${unionType(
        name,
        type.symbols.map((symbol) => JSON.stringify(symbol)),
      )}`;
    if (!(type instanceof avro.types.RecordType)) throw new Error(`${type.typeName} needs no declaration`);
    if (type.fields.length === 0)
      return `${docComment(type.doc)}export type ${name} = { readonly [key: string]: never };\n`;
    const fields = type.fields.map((field) => {
      const optional = side === "written" && hasDefault(field);
      const filledIn = optional ? `@default ${defaultText(field)}` : undefined;
      return `${docComment([field.doc, filledIn], "  ")}  readonly ${field.name}${optional ? "?" : ""}: ${expression(field.type, side)};\n`;
    });
    return `${docComment(type.doc)}export interface ${name} {\n${fields.join("")}}\n`;
  }

  return {
    names: uses.map(({ type, side }) => nameOf(type, side)),
    declarations: [...definitions.values()].flatMap(({ type, sides }) =>
      mayOmit(type) ? [...sides].sort().map((side) => declaration(type, side)) : [declaration(type, "read")],
    ),
  };
}

/** The JavaScript type that the codec reads and writes; logical types have their underlying type. */
const PRIMITIVES: Readonly<Record<string, string>> = {
  null: "null",
  boolean: "boolean",
  int: "number",
  long: "number",
  float: "number",
  double: "number",
  bytes: "Buffer",
  fixed: "Buffer",
  string: "string",
};

/** Registers the records and enums in a type, in the order of their first mention. */
function collect(type: avro.Type, side: Side, root: string, definitions: Map<string, Definition>): void {
  if (type instanceof avro.types.RecordType || type instanceof avro.types.EnumType) {
    const identity = identityOf(type);
    const known = definitions.get(identity);
    if (known?.sides.has(side) === true) return;
    if (known === undefined) definitions.set(identity, { type, root, sides: new Set([side]) });
    else known.sides.add(side);
  }
  for (const part of partsOf(type)) collect(part, side, root, definitions);
}

/** The types that a type consists of. */
function partsOf(type: avro.Type): readonly avro.Type[] {
  if (type instanceof avro.types.RecordType) return type.fields.map((field) => field.type);
  if (type instanceof avro.types.ArrayType) return [type.itemsType];
  if (type instanceof avro.types.MapType) return [type.valuesType];
  if (type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType) return type.types;
  return [];
}

/** One entry for types with the same name and content. Files of one project may define a name twice, each for itself. */
function identityOf(type: avro.Type): string {
  return JSON.stringify(type.schema({ exportAttrs: true }), (key, value: unknown) =>
    key === "doc" && typeof value === "string" ? undefined : value,
  );
}

/** A unique name for each definition: its simple name, else with the payload's record as a prefix, else with a number. */
function namesOf(definitions: readonly (readonly [string, Definition])[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set(RESERVED);
  const give = (identity: string, { type, sides }: Definition, wanted: string): void => {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? wanted : `${wanted}${number}`;
      const variants = mayOmit(type) && sides.has("written") ? [name, writtenName(name)] : [name];
      if (variants.some((variant) => taken.has(variant))) continue;
      names.set(identity, name);
      for (const variant of variants) taken.add(variant);
      return;
    }
  };
  const ambiguous = new Set(
    [...Map.groupBy(definitions, ([, { type }]) => simpleName(type))].flatMap(([name, alike]) =>
      alike.length > 1 || RESERVED.has(name) ? [name] : [],
    ),
  );
  for (const [identity, definition] of definitions) {
    const name = simpleName(definition.type);
    if (!ambiguous.has(name)) give(identity, definition, name);
  }
  for (const [identity, definition] of definitions) {
    const name = simpleName(definition.type);
    if (ambiguous.has(name)) give(identity, definition, definition.root === name ? name : `${definition.root}${name}`);
  }
  return names;
}

/** The name of a record's written type, if it differs from the read type. */
function writtenName(name: string): string {
  return `New${name}`;
}

function simpleName(type: avro.Type): string {
  const name = type.name ?? type.typeName;
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Whether a producer may omit a field, here or in a nested type. */
function mayOmit(type: avro.Type, seen = new Set<avro.Type>()): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  return (
    (type instanceof avro.types.RecordType && type.fields.some(hasDefault)) ||
    partsOf(type).some((part) => mayOmit(part, seen))
  );
}

function hasDefault(field: avro.types.Field): boolean {
  return field.defaultValue() !== undefined;
}

function defaultText(field: avro.types.Field): string {
  return field.type.toString(field.defaultValue());
}

function nullLast(branches: readonly string[]): readonly string[] {
  return [...branches.filter((branch) => branch !== "null"), ...branches.filter((branch) => branch === "null")];
}

function propertyName(name: string): string {
  return /^[A-Za-z_]\w*$/u.test(name) ? name : JSON.stringify(name);
}
