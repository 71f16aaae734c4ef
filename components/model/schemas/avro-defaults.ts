import { isObject } from "../values/json.ts";

/** A type after its names are resolved, with what the checks of defaults and unions need. */
export interface Resolved {
  /**
   * Identity of the type: the kind of a primitive or container, or a full name. A union holds at most one type of each
   * identity.
   */
  readonly identity: string;
  /** Kind of the type, for example `record`, `int` or `union`. */
  readonly kind: string;
  readonly symbols?: readonly string[];
  readonly size?: number;
  readonly items?: Resolved;
  readonly branches?: readonly Resolved[];
  /** Set after the name is known, because a record may refer to itself. */
  readonly fields?: Map<string, { readonly type: Resolved; readonly hasDefault: boolean }>;
}

/** Returns whether a JSON default fits a type. The default of a union belongs to its first branch. */
export function fits(value: unknown, type: Resolved): boolean {
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
