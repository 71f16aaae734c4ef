/** 11. The faults of the run had an effect, each with its evidence; otherwise the run proves nothing. */
import type { Judgement } from "../verdict.ts";
import type { JudgeContext } from "./context.ts";

export function feltFaults(context: JudgeContext): Judgement {
  const violations = context.newViolations();
  const faults = context.witness?.faults ?? [];
  for (const { name, felt, evidence } of faults) {
    if (!felt)
      violations.add(
        name,
        `was not felt: ${evidence.map(({ what, before, after }) => `${what} ${before} → ${after}`).join("; ") || "nothing was measured"}`,
      );
    else if (evidence.length === 0) violations.add(name, "is said to have been felt, without evidence");
  }
  return {
    figures: { faults: faults.length, felt: faults.filter(({ felt, evidence }) => felt && evidence.length > 0).length },
    violations,
    notes: faults.length === 0 ? ["no faults on record"] : [],
  };
}
