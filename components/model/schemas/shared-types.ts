import { compareText } from "../problems/problem.ts";
import type { EventDeclaration, SharedType } from "../types.ts";

/** Returns the shared types that some events need, directly or through other types, sorted by name. */
export function sharedTypesOf(events: readonly Pick<EventDeclaration, "references">[]): SharedType[] {
  const found = new Map<string, SharedType>();
  const add = (types: readonly SharedType[]): void => {
    for (const type of types) {
      if (found.has(type.name)) continue;
      found.set(type.name, type);
      add(type.types);
    }
  };
  for (const { references } of events) if (references !== undefined) add(references.types);
  return [...found.values()].sort((a, b) => compareText(a.name, b.name));
}

/** Orders shared types so that each comes after those that it refers to. Ties are ordered by name. */
export function dependenciesFirst(types: readonly SharedType[]): SharedType[] {
  const ordered = new Map<string, SharedType>();
  const add = (type: SharedType): void => {
    if (ordered.has(type.name)) return;
    type.types.forEach(add);
    ordered.set(type.name, type);
  };
  types.forEach(add);
  return [...ordered.values()];
}
