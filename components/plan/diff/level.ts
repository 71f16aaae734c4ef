import type { Compatibility } from "../../model/schemas/compatibility.ts";
import { type Direction, directionsOf, isTransitive } from "../compatibility.ts";

/** One location at which a reader would fail. */
export interface Incompatibility {
  /** Location in the reader's schema: `items[].price`, empty for the schema itself. */
  readonly path: string;
  readonly message: string;
  /** What to write instead, in the changed schema. */
  readonly fix: string;
}

/** A failure with the version that it was found against. */
export interface CompatibilityFailure extends Incompatibility {
  /**
   * `backward`: consumers with the new schema fail on old records. `forward`: consumers with the old schema fail on new
   * records.
   */
  readonly direction: Direction;
  /** How many versions back: 1 is the version before the change. */
  readonly versionsBack: number;
}

/**
 * Checks a new schema against a compatibility level.
 * @param schema - The new version.
 * @param versions - Earlier versions, newest first. Levels that are not transitive use only the first.
 * @param parse - Parses the text of a version. The new version is parsed once.
 * @param compare - Returns every location at which a reader fails on data of a writer.
 */
export function heldToLevel<T>(
  schema: string,
  versions: readonly string[],
  level: Compatibility,
  parse: (schema: string) => T,
  compare: (reader: T, writer: T, direction: Direction) => readonly Incompatibility[],
): CompatibilityFailure[] {
  const directions = directionsOf(level);
  if (directions.length === 0) return [];
  const head = parse(schema);
  const compared = isTransitive(level) ? versions : versions.slice(0, 1);
  return compared.flatMap((version, index) => {
    if (version === schema) return [];
    const old = parse(version);
    return directions.flatMap((direction) => {
      const found = direction === "backward" ? compare(head, old, direction) : compare(old, head, direction);
      return found.map((failure) => ({ ...failure, direction, versionsBack: index + 1 }));
    });
  });
}
