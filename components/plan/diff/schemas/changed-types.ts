import { sharedTypesOf } from "../../../model/schemas/shared-types.ts";
import type { EventDeclaration, SharedType } from "../../../model/types.ts";

/**
 * Returns the types that an event needs in both versions and whose own files changed, by name. `earlier` is the file's
 * text before the change.
 */
export function changedTypes(
  was: EventDeclaration,
  is: EventDeclaration,
): { readonly type: SharedType; readonly earlier: string }[] {
  const old = new Map(sharedTypesOf([was]).map(({ name, schema }) => [name, schema]));
  return sharedTypesOf([is]).flatMap((type) => {
    const earlier = old.get(type.name);
    return earlier === undefined || earlier === type.schema ? [] : [{ type, earlier }];
  });
}
