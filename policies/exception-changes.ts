import { compareText } from "../components/model/problems/problem.ts";
import { platformTeam } from "../components/plan/diff/state.ts";
import type { Change } from "../components/plan/diff/types.ts";
import { type Exception, exceptionKey } from "./exceptions.ts";

/**
 * Returns the changes of exceptions from rules, sorted by rule and object. The platform's team owns the rules. It
 * approves each exception that is added, applies to more stacks, or lasts longer. An exception that is reduced is safe.
 */
export function compareExceptions(before: readonly Exception[], after: readonly Exception[]): Change[] {
  const was = Map.groupBy(before, exceptionKey);
  const is = Map.groupBy(after, exceptionKey);
  return [...new Set([...was.keys(), ...is.keys()])].sort(compareText).flatMap((key): Change[] => {
    const [old = [], fresh = []] = [was.get(key), is.get(key)];
    const [first] = fresh.length > 0 ? fresh : old;
    if (first === undefined || textOf(old) === textOf(fresh)) return [];
    const object = `${first.rule}/${first.object}`;
    if (fresh.length === 0)
      return [
        {
          object,
          kind: "exception-removed",
          before: textOf(old),
          hazard: "safe",
          effects: [`${first.object} must follow ${first.rule} again`],
          reviewers: [],
        },
      ];
    const wider = fresh.some((entry) => !old.some((other) => covers(other, entry)));
    const effects = fresh.map(
      (entry) =>
        `${entry.object} may break ${entry.rule} ${scopeOf(entry)} until ${entry.expires}: ${entry.reason} (${entry.owner})`,
    );
    return [
      {
        object,
        source: first.source,
        kind: old.length === 0 ? "exception-added" : "exception-changed",
        ...(old.length === 0 ? {} : { before: textOf(old) }),
        after: textOf(fresh),
        hazard: wider ? "approval" : "safe",
        effects,
        reviewers: wider ? [platformTeam] : [],
      },
    ];
  });
}

/** Returns whether the first exception already covered everything that the second one covers. */
function covers(one: Exception, other: Exception): boolean {
  return (
    one.expires >= other.expires &&
    (one.stacks === undefined || other.stacks?.every((stack) => one.stacks?.includes(stack) === true) === true)
  );
}

function scopeOf({ stacks }: Exception): string {
  return stacks === undefined ? "in every stack" : `in ${[...stacks].sort(compareText).join(", ")}`;
}

function textOf(entries: readonly Exception[]): string {
  return entries
    .map((entry) => `${scopeOf(entry)} until ${entry.expires}`)
    .sort(compareText)
    .join("; ");
}
