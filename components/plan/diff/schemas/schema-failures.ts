import type { Compatibility } from "../../../model/schemas/compatibility.ts";
import type { CompatibilityFailure } from "../level.ts";

/** Returns the text of a failure, with the level that it breaks. */
export function failureText(failure: CompatibilityFailure, level: Compatibility): string {
  const version = failure.versionsBack === 1 ? "" : `, ${failure.versionsBack} versions back`;
  return `${level} is broken at ${placeOf(failure)}${version}: ${failure.message}`;
}

/** Returns the location in the schema as text. */
export function placeOf({ path }: { readonly path: string }): string {
  return path === "" ? "the record" : path;
}
