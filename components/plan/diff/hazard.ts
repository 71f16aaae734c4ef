import { compareText } from "../../model/problems/problem.ts";
import type { Change, Hazard } from "./types.ts";

/** From harmless to refused. */
export const hazards: readonly Hazard[] = ["safe", "approval", "irreversible", "refused"];

/** Compares by severity: positive when `a` is worse. */
export function compareHazards(a: Hazard, b: Hazard): number {
  return hazards.indexOf(a) - hazards.indexOf(b);
}

/** The worst of some hazards; `safe` of none. */
export function worstHazard(found: Iterable<Hazard>): Hazard {
  let worst: Hazard = "safe";
  for (const hazard of found) if (compareHazards(hazard, worst) > 0) worst = hazard;
  return worst;
}

/** Worst first, then by object, field and kind: the same changes always come in the same order. */
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

/** Distinct texts, sorted. */
export function sortedSet(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(compareText);
}
