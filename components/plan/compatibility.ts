import type { Compatibility } from "../model/schemas/compatibility.ts";

/** `backward`: new readers read old records. `forward`: old readers read new ones. */
export type Direction = "backward" | "forward";

/** What a level demands: that new readers read old records (backward), old readers new ones (forward). */
export function directionsOf(level: Compatibility): readonly Direction[] {
  if (level === "NONE") return [];
  if (level.startsWith("BACKWARD")) return ["backward"];
  return level.startsWith("FORWARD") ? ["forward"] : ["backward", "forward"];
}

/** Whether a level looks at all earlier versions, or at the last only. */
export function isTransitive(level: Compatibility): boolean {
  return level.endsWith("_TRANSITIVE");
}

/** The mildest level that demands all that some levels demand; `NONE` for none. */
export function jointCompatibility(levels: readonly Compatibility[]): Compatibility {
  const directions = new Set(levels.flatMap(directionsOf));
  if (directions.size === 0) return "NONE";
  const direction = directions.size === 2 ? "FULL" : directions.has("backward") ? "BACKWARD" : "FORWARD";
  return levels.some(isTransitive) ? `${direction}_TRANSITIVE` : direction;
}
