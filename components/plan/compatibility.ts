import type { Compatibility } from "../model/schemas/compatibility.ts";

/**
 * `backward`: consumers with the new schema can read records written with the old one. `forward`: consumers with the
 * old schema can read records written with the new one.
 */
export type Direction = "backward" | "forward";

/** Returns the directions that a level demands. */
export function directionsOf(level: Compatibility): readonly Direction[] {
  if (level === "NONE") return [];
  if (level.startsWith("BACKWARD")) return ["backward"];
  return level.startsWith("FORWARD") ? ["forward"] : ["backward", "forward"];
}

/** Returns whether a level compares with all earlier versions, and not only with the last one. */
export function isTransitive(level: Compatibility): boolean {
  return level.endsWith("_TRANSITIVE");
}

/** Returns the weakest level that includes all given levels; `NONE` for an empty list. */
export function jointCompatibility(levels: readonly Compatibility[]): Compatibility {
  const directions = new Set(levels.flatMap(directionsOf));
  if (directions.size === 0) return "NONE";
  const direction = directions.size === 2 ? "FULL" : directions.has("backward") ? "BACKWARD" : "FORWARD";
  return levels.some(isTransitive) ? `${direction}_TRANSITIVE` : direction;
}
