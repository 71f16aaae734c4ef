/**
 * Property values in the engine's wire format, and as the resources of this provider see them. On the wire a secret is
 * an object with a signature, and an unknown value (preview) is a marker string. The markers are the engine's own:
 * sdk/go/common/resource/properties.go.
 */

/** A plain value. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
/** Properties by name. */
export type Values = { [key: string]: Value };

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Marker of an unknown value. */
export const unknownMarker = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Returns whether a value is an object with keys. */
export function isValues(value: Value | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns whether the value itself is marked secret. */
export function isSecret(value: Value | undefined): boolean {
  return (
    isValues(value) &&
    (value[signatureKey] === secretSignature || (value[signatureKey] === outputSignature && value.secret === true))
  );
}

/** Returns a value marked as secret. */
export function secret(value: Value): Value {
  return isSecret(value) ? value : { [signatureKey]: secretSignature, value };
}

/** Returns the value without its marks, at every depth. An unknown value keeps its marker. */
export function reveal(value: Value): Value {
  if (Array.isArray(value)) return value.map(reveal);
  if (!isValues(value)) return value;
  if (value[signatureKey] === secretSignature) return reveal(value.value ?? null);
  if (value[signatureKey] === outputSignature) return "value" in value ? reveal(value.value ?? null) : unknownMarker;
  return revealAll(value);
}

/** Applies {@link reveal} to a whole set of properties. */
export function revealAll(values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, reveal(value)]));
}

/** Returns whether the value, or anything in it, is unknown. */
export function hasUnknown(value: Value | undefined): boolean {
  if (value === unknownMarker) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isValues(value) && Object.values(value).some(hasUnknown);
}

/** Returns a text that is equal for equal values, whatever the order of their keys. Nulls count as absent. */
export function canonicalText(value: Value | undefined): string {
  if (value === undefined || value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (isValues(value)) {
    const keys = Object.keys(value)
      .filter((key) => value[key] !== null && value[key] !== undefined)
      .sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
