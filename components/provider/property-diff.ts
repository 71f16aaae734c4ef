/** Compares the inputs of a resource property by property. Pure. */
import type { PropertyChange } from "./resource-kind.ts";
import { canonicalText, isValues, type Value, type Values } from "./values.ts";

function joined(parent: string, key: string): string {
  const plain = /^[A-Za-z_][\w-]*$/.test(key);
  if (parent === "") return plain ? key : `["${key.replaceAll('"', '\\"')}"]`;
  return plain ? `${parent}.${key}` : `${parent}["${key.replaceAll('"', '\\"')}"]`;
}

function* compare(path: string, before: Value | undefined, after: Value | undefined): Generator<PropertyChange> {
  if (canonicalText(before) === canonicalText(after)) return;
  if (before === undefined || before === null) {
    yield { path, change: "add", side: "input" };
  } else if (after === undefined || after === null) {
    yield { path, change: "delete", side: "input" };
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      yield* compare(`${path}[${index}]`, before[index], after[index]);
    }
  } else if (isValues(before) && isValues(after)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
      yield* compare(joined(path, key), before[key], after[key]);
    }
  } else {
    yield { path, change: "update", side: "input" };
  }
}

/**
 * Returns the changes from `before` to `after`, sorted by property.
 * @param replacing - Top-level properties whose change replaces the resource.
 * @param ignored - Top-level properties whose change is ignored.
 */
export function inputChanges(
  before: Values,
  after: Values,
  options: { replacing?: readonly string[]; ignored?: readonly string[] } = {},
): PropertyChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys
    .filter((key) => !key.startsWith("__") && !options.ignored?.includes(key))
    .flatMap((key) => {
      const changes = [...compare(joined("", key), before[key], after[key])];
      return options.replacing?.includes(key) ? changes.map((change) => ({ ...change, replaces: true })) : changes;
    });
}
