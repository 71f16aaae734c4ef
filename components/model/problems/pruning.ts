import type * as z from "zod";
import type { PropertyPath } from "./validation.ts";

/** Enough rounds for a fault in the innermost list to take its topic along. */
const maxRounds = 8;

/**
 * What is left of a value once everything that breaks its schema is cut out, or undefined when nothing is.
 * The checks after the format then still run on the good parts, and a person reads all problems at once.
 * A required field that is wrong takes its parent along; of a list nothing is kept, so that the places of
 * its items stay true.
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

/** Removes the value at a path; where it is absent (a missing field) or in a list, its nearest holder. */
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
