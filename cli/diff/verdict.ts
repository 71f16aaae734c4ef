import { sortedSet } from "../../components/plan/diff/hazard.ts";
import type { Change, Hazard } from "../../components/plan/diff/types.ts";
import { counted } from "../../components/plan/diff/words.ts";

/**
 * The verdict in one line, with the required approvals.
 * @param rules - Number of rules of level error that the head breaks.
 */
export function verdictLine(verdict: Hazard, changes: readonly Change[], rules = 0): string {
  const of = (hazard: Hazard): readonly Change[] => changes.filter((change) => change.hazard === hazard);
  const reviewers = sortedSet(changes.flatMap((change) => change.reviewers));
  const approval = reviewers.length === 0 ? "" : `; approval of ${reviewers.join(", ")}`;
  switch (verdict) {
    case "safe":
      return changes.length === 0
        ? "safe: nothing changes"
        : `safe: ${counted(changes.length, "change")}, nothing is lost and no approval is needed`;
    case "approval":
      return `needs approval: ${counted(of("approval").length, "change")} of ${changes.length}${approval}`;
    case "irreversible":
      return `irreversible: ${counted(of("irreversible").length, "change")} of ${changes.length} can't be taken back${approval}`;
    case "refused":
      return `refused: ${[
        ...(rules > 0 ? [`${counted(rules, "rule")} broken`] : []),
        ...(rules === 0 || of("refused").length > 0
          ? [`${counted(of("refused").length, "change")} of ${changes.length} must not be applied`]
          : []),
      ].join(", ")}${approval}`;
  }
}
