import { fullName, namespaceOf } from "../../../model/schemas/avro-names.ts";
/*
 * This file turns Avro schemas into a tree with all names resolved, so that two schemas can be compared. The model has
 * already validated them. Types that refer to themselves make the tree a graph.
 */

/** A field of a record. */
export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  readonly hasDefault: boolean;
  /** JSON text of the default. Absent if there is none. */
  readonly default?: string;
}

/** A type of a schema. Names are full names. */
export type AvroType =
  | { readonly kind: PrimitiveKind; readonly logical?: string }
  | { readonly kind: "array" | "map"; readonly items: AvroType }
  | { readonly kind: "union"; readonly branches: readonly AvroType[] }
  | {
      readonly kind: "enum";
      readonly name: string;
      readonly aliases: readonly string[];
      readonly symbols: readonly string[];
      readonly default?: string;
    }
  | {
      readonly kind: "fixed";
      readonly name: string;
      readonly aliases: readonly string[];
      readonly size: number;
      readonly logical?: string;
    }
  | AvroRecordType;

/** A record. Its fields are filled in after its name is known, because they may refer to the name. */
export interface AvroRecordType {
  readonly kind: "record";
  readonly name: string;
  readonly aliases: readonly string[];
  readonly fields: AvroField[];
}

const primitiveKinds = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"] as const;

/** Types without a name and without parts. */
export type PrimitiveKind = (typeof primitiveKinds)[number];

/**
 * Parses a schema that the model has accepted.
 * @param schema - JSON text.
 * @throws Error if the text is not an Avro schema.
 */
export function parseAvro(schema: string): AvroType {
  const named = new Map<string, AvroType>();
  const fault = (what: unknown): Error => new Error(`no Avro type: ${JSON.stringify(what)}`);

  const read = (json: unknown, namespace: string): AvroType => {
    if (typeof json === "string") {
      if (isPrimitive(json)) return { kind: json };
      const found = named.get(fullName(json, namespace)) ?? named.get(json);
      if (found === undefined) throw fault(json);
      return found;
    }
    if (Array.isArray(json)) return { kind: "union", branches: json.map((branch: unknown) => read(branch, namespace)) };
    if (!isObject(json)) throw fault(json);
    const { type } = json;
    if (type === "array") return { kind: "array", items: read(json.items, namespace) };
    if (type === "map") return { kind: "map", items: read(json.values, namespace) };
    if (type === "record" || type === "error" || type === "enum" || type === "fixed")
      return readNamed(json, type === "error" ? "record" : type, namespace);
    if (typeof type !== "string") throw fault(json);
    const inner = read(type, namespace);
    return "logical" in inner || !isPrimitive(inner.kind) ? inner : { kind: inner.kind, ...logicalOf(json) };
  };

  const readNamed = (
    json: Readonly<Record<string, unknown>>,
    kind: "record" | "enum" | "fixed",
    namespace: string,
  ): AvroType => {
    const own = json.namespace;
    const name = fullName(textOf(json.name), typeof own === "string" ? own : namespace);
    const inner = namespaceOf(name);
    const common = { name, aliases: textsOf(json.aliases).map((alias) => fullName(alias, inner)) };
    if (kind === "enum") {
      const fallback = json.default;
      return define(name, {
        kind,
        ...common,
        symbols: textsOf(json.symbols),
        ...(typeof fallback === "string" ? { default: fallback } : {}),
      });
    }
    if (kind === "fixed") return define(name, { kind, ...common, size: Number(json.size), ...logicalOf(json) });
    const fields: AvroField[] = [];
    const record = define(name, { kind, ...common, fields });
    const declared = json.fields;
    if (!Array.isArray(declared)) throw fault(json);
    for (const field of declared as unknown[]) {
      if (!isObject(field)) throw fault(field);
      const hasDefault = Object.hasOwn(field, "default");
      fields.push({
        name: textOf(field.name),
        aliases: textsOf(field.aliases),
        type: read(field.type, inner),
        hasDefault,
        ...(hasDefault ? { default: JSON.stringify(field.default) } : {}),
      });
    }
    return record;
  };

  const define = <T extends AvroType>(name: string, type: T): T => {
    named.set(name, type);
    return type;
  };

  return read(JSON.parse(schema), "");
}

/** Returns a type as users write it: `long`, `array of com.example.Item`, `null or string`. */
export function nameOfType(type: AvroType): string {
  switch (type.kind) {
    case "array":
    case "map":
      return `${type.kind} of ${nameOfType(type.items)}`;
    case "union":
      return type.branches.map(nameOfType).join(" or ");
    case "enum":
    case "fixed":
    case "record":
      return type.name;
    default:
      return type.logical === undefined ? type.kind : `${type.kind} (${type.logical})`;
  }
}

/** Returns whether a kind is a primitive kind, without a name and without parts. */
export function isPrimitive(kind: string): kind is PrimitiveKind {
  return primitiveKinds.some((primitive) => primitive === kind);
}

/** Returns the logical type with its parameters: `decimal(10,2)`, `timestamp-millis`. */
function logicalOf(json: Readonly<Record<string, unknown>>): { logical?: string } {
  const { logicalType, precision, scale } = json;
  if (typeof logicalType !== "string") return {};
  return { logical: logicalType === "decimal" ? `decimal(${String(precision)},${String(scale ?? 0)})` : logicalType };
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new Error(`a text is wanted in an Avro schema; got ${JSON.stringify(value)}`);
  return value;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
