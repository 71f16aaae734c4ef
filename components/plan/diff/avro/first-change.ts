/** Steps from the root of a schema: keys of objects, indices of lists. */
export type SchemaPath = readonly (string | number)[];

/**
 * Returns where a schema first differs from an earlier version, in the order of its text. Fields are matched by name.
 * If something is only missing, the result is the location of its parent.
 * @param before - JSON text, like `after`.
 * @returns Steps in the later version; empty if both are equal.
 */
export function firstChange(before: string, after: string): SchemaPath {
  return difference(JSON.parse(before), JSON.parse(after), []) ?? [];
}

function difference(old: unknown, fresh: unknown, path: SchemaPath): SchemaPath | undefined {
  if (Array.isArray(old) && Array.isArray(fresh)) return ofLists(old, fresh, path);
  if (!isObject(old) || !isObject(fresh)) return old === fresh ? undefined : path;
  for (const [key, value] of Object.entries(fresh)) {
    const found = Object.hasOwn(old, key) ? difference(old[key], value, [...path, key]) : [...path, key];
    if (found !== undefined) return found;
  }
  return Object.keys(old).some((key) => !Object.hasOwn(fresh, key)) ? path : undefined;
}

function ofLists(old: readonly unknown[], fresh: readonly unknown[], path: SchemaPath): SchemaPath | undefined {
  const named = new Map(old.flatMap((item) => (nameOf(item) === undefined ? [] : [[nameOf(item), item] as const])));
  for (const [index, item] of fresh.entries()) {
    const name = nameOf(item);
    const counterpart = name === undefined ? old[index] : named.get(name);
    const found = counterpart === undefined ? [...path, index] : difference(counterpart, item, [...path, index]);
    if (found !== undefined) return found;
  }
  if (old.length !== fresh.length) return path;
  const moved = fresh.findIndex((item, index) => nameOf(item) !== nameOf(old[index]));
  return moved === -1 ? undefined : [...path, moved];
}

function nameOf(item: unknown): string | undefined {
  return isObject(item) && typeof item.name === "string" ? item.name : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
