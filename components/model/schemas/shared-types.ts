import { compareText } from "../problems/problem.ts";
import type { EventDeclaration, SharedType } from "../types.ts";

/** The types of other files that some events need, directly or by way of each other, sorted by name. */
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

/** Such types in an order in which each comes after those that it refers to; of several, by name. */
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
