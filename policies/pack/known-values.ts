import { UnknownValueError } from "@pulumi/policy";

/** Maximum depth, more than any resource has. */
const deepest = 64;

/**
 * Returns a resource's properties as plain data, without unknown values. In a preview, reading an unknown value throws,
 * and one unknown field must not prevent the checks of the others.
 */
export function knownValues(props: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return copyObject(props, 0);
}

function copyObject(object: object, depth: number): Record<string, unknown> {
  const known: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const value = readKnown(object, key);
    if (value !== unknown) known[key] = copy(value, depth + 1);
  }
  return known;
}

const unknown = Symbol("not known yet");

function readKnown(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch (error) {
    if (error instanceof UnknownValueError) return unknown;
    throw error;
  }
}

function copy(value: unknown, depth: number): unknown {
  if (depth > deepest || typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value)) return copyObject(value, depth);
  // An unknown item keeps its position, so that the positions of the others do not shift.
  return Array.from({ length: value.length }, (_, index) => {
    const item = readKnown(value, String(index));
    return item === unknown ? undefined : copy(item, depth + 1);
  });
}
