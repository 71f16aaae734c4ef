/** The diff as a JSON document for scripts. */
import type { DiffOutcome } from "./run-diff.ts";

/**
 * `{verdict, changes, capacity, digest, findings, …}`. If the head has problems there is no comparison, and the verdict is
 * `refused`.
 */
export function diffDocument(outcome: DiffOutcome): object {
  const { stack, base, head, diff, problems, findings, notes } = outcome;
  const names = { stack, base, head };
  if (diff === undefined)
    return { verdict: "refused", ...names, changes: [], capacity: null, digest: null, problems, findings, notes };
  const { verdict, changes, counts, capacity, digest } = diff;
  return { verdict, ...names, counts, changes, capacity, digest, problems, findings, notes };
}
