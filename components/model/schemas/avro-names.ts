/** Names of types in Avro schemas: full names, namespaces, and inlining of types of other files. */
import { isObject } from "../values/json.ts";

/** Types without a name and without parts. */
export const primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
/** Types with parts or a name. */
export const complex = ["record", "error", "enum", "fixed", "array", "map"];

/** Returns a schema with full names everywhere. Schemas that differ only in how they write namespaces become equal. */
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

/**
 * Returns a schema with the first reference to each type of another file replaced by its definition. Both must be
 * valid.
 */
export function withSharedTypes(schema: unknown, types: ReadonlyMap<string, unknown>): unknown {
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

/** Returns the full name of a schema's outermost type; undefined if it has none. */
export function nameOfNamedType(json: unknown): string | undefined {
  if (!isObject(json) || typeof json.name !== "string") return undefined;
  return fullName(json.name, typeof json.namespace === "string" ? json.namespace : "");
}

/** Returns the namespace of a full name; empty if it has none. */
export function namespaceOf(name: string): string {
  return name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "";
}

/** Returns the full name by Avro's rules: a name without dots is in the enclosing namespace. */
export function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}
