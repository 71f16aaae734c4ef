import type * as z from "zod";
import type { PropertyPath } from "./validation.ts";

/** Number of rounds. It suffices for a fault in the innermost list to remove its topic. */
const maxRounds = 8;

/**
 * Returns what remains of a value after all parts that violate its schema are removed; undefined if nothing remains.
 * The later checks can then run on the valid parts, and the user sees all problems at once. A required field that is
 * wrong removes its parent. A list with a fault is removed as a whole, because the locations of its items would
 * otherwise shift.
 */
export function keepValid<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined {
  const left: unknown = structuredClone(value);
  for (let round = 0; round < maxRounds; round++) {
    const result = schema.safeParse(left);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const cuts = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      for (const cut of cuts) {
        if (cut.length === 0) return undefined;
        remove(left, cut);
      }
    }
    if (left === undefined) return undefined;
  }
  return undefined;
}

/** Removes the value at a path. If the value is missing, or in a list, its nearest removable parent is removed. */
function remove(root: unknown, path: PropertyPath): void {
  let holder = root;
  let last: { object: Record<PropertyKey, unknown>; key: PropertyKey } | undefined;
  for (const step of path) {
    if (typeof holder !== "object" || holder === null || Array.isArray(holder) || !Object.hasOwn(holder, step)) break;
    last = { object: holder as Record<PropertyKey, unknown>, key: step };
    holder = last.object[step];
  }
  if (last !== undefined) delete last.object[last.key];
}
