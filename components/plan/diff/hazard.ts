import { compareText } from "../../model/problems/problem.ts";
import type { Change, Hazard } from "./types.ts";

/** All hazards, from harmless to refused. */
export const hazards: readonly Hazard[] = ["safe", "approval", "irreversible", "refused"];

/** Compares two hazards by severity: the result is positive if `a` is worse. */
export function compareHazards(a: Hazard, b: Hazard): number {
  return hazards.indexOf(a) - hazards.indexOf(b);
}

/** Returns the worst hazard; `safe` for an empty list. */
export function worstHazard(found: Iterable<Hazard>): Hazard {
  let worst: Hazard = "safe";
  for (const hazard of found) if (compareHazards(hazard, worst) > 0) worst = hazard;
  return worst;
}

/** Sorts changes: worst first, then by object, field and kind. The same changes always have the same order. */
export function sortChanges(changes: readonly Change[]): Change[] {
  return [...changes].sort(
    (a, b) =>
      compareHazards(b.hazard, a.hazard) ||
      compareText(a.object, b.object) ||
      compareText(a.kind, b.kind) ||
      compareText(a.field ?? "", b.field ?? "") ||
      compareText(String(a.after), String(b.after)),
  );
}

/** Returns the distinct texts, sorted. */
export function sortedSet(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(compareText);
}
