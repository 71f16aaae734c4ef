import { compareText } from "../components/model/problems/problem.ts";
import type { SourceLocation } from "../components/model/problems/source-location.ts";
import type { Level } from "./rule.ts";

/** A broken rule at its place. */
export interface Finding extends SourceLocation {
  /** Id of the rule. */
  readonly rule: string;
  readonly level: Level;
  /** What is wrong, with the value that is wrong. */
  readonly message: string;
  /** What to type instead. */
  readonly fix?: string;
  /** The stack that it holds for, where that is another than the one that was asked for. */
  readonly stack?: string;
  /** Name of what it is about: a topic, a service, a resource. Exceptions name it. */
  readonly object?: string;
}

/** Orders findings by file, line, column, rule, message: the same files give the same list. */
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

/** Sorted, without exact repetitions. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const sorted = [...findings].sort(compareFindings);
  return sorted.filter((finding, index) => {
    const previous = sorted[index - 1];
    return previous === undefined || compareFindings(previous, finding) !== 0;
  });
}
