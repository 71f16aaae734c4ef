import type { Compatibility } from "../../model/schemas/compatibility.ts";
import { type Direction, directionsOf, isTransitive } from "../compatibility.ts";

/** One place at which a reader would fail. */
export interface Incompatibility {
  /** Place in the reader's schema: `items[].price`, empty for the schema itself. */
  readonly path: string;
  readonly message: string;
  /** What to write instead, in the schema that is changed. */
  readonly fix: string;
}

/** A failure with the version it is against. */
export interface CompatibilityFailure extends Incompatibility {
  /** `backward`: new readers fail on old records. `forward`: old readers fail on new ones. */
  readonly direction: Direction;
  /** How many versions back: 1 is the version before the change. */
  readonly versionsBack: number;
}

/**
 * Holds a new schema to a compatibility level.
 * @param schema - The new version.
 * @param versions - Earlier versions, newest first. Levels that are not transitive look at the first only.
 * @param parse - Reads a version's text; the new one is read once.
 * @param compare - Every place at which a reader fails on what a writer wrote.
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
