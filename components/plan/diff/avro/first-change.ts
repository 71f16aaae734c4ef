/** Steps from a schema's root: keys of objects, indices of lists. */
export type SchemaPath = readonly (string | number)[];

/**
 * Where a schema first differs from an earlier version, in the order of its text. Fields are told apart by their names;
 * where something is only missing, the place of what held it.
 * @param before - JSON text, as `after`.
 * @returns Steps in the later version; empty where both are the same.
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
