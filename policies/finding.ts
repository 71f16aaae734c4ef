import { compareText } from "../components/model/problems/problem.ts";
import type { SourceLocation } from "../components/model/problems/source-location.ts";
import type { Level } from "./rule.ts";

/** A broken rule with its location. */
export interface Finding extends SourceLocation {
  /** Id of the rule. */
  readonly rule: string;
  readonly level: Level;
  /** What is wrong, with the wrong value. */
  readonly message: string;
  /** What to write instead. */
  readonly fix?: string;
  /** The stack of the finding. Absent if it is the stack of the check. */
  readonly stack?: string;
  /** Name of the object: a topic, a service, a resource. Exceptions refer to it. */
  readonly object?: string;
}

/** Orders findings by file, line, column, rule and message, so that the same files give the same list. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.rule, b.rule) ||
    compareText(a.object ?? "", b.object ?? "") ||
    compareText(a.message, b.message)
  );
}

/** Returns the findings sorted, without exact repetitions. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const sorted = [...findings].sort(compareFindings);
  return sorted.filter((finding, index) => {
    const previous = sorted[index - 1];
    return previous === undefined || compareFindings(previous, finding) !== 0;
  });
}
