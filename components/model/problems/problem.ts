import type { ModelRule } from "./rules.ts";

/** A fault in a file that users edit. Every problem of the model is an error. */
export interface Problem {
  /** The broken rule. `rules.ts` holds its text. */
  readonly rule: ModelRule;
  /** Path relative to the project's root, with forward slashes. */
  readonly file: string;
  /** First line is 1. */
  readonly line: number;
  /** First column is 1. */
  readonly column: number;
  /** What is wrong, with the wrong value. */
  readonly message: string;
  /** What to write instead. Absent if unknown. */
  readonly fix?: string;
}

/** Orders problems by file, line, column, rule and message, so that the same files give the same list. */
export function compareProblems(a: Problem, b: Problem): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  );
}

/** Sorts problems and drops exact repetitions. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const sorted = [...problems].sort(compareProblems);
  return sorted.filter((problem, index) => {
    const previous = sorted[index - 1];
    return previous === undefined || compareProblems(previous, problem) !== 0;
  });
}

/** Returns a problem as one line, for display and for terminals that link `file:line:column`. */
export function formatProblem(problem: Problem): string {
  const fix = problem.fix === undefined ? "" : ` Fix: ${problem.fix}`;
  return `${problem.file}:${problem.line}:${problem.column} [${problem.rule}] ${problem.message}${fix}`;
}

/** Compares by UTF-16 code unit: the same on every machine, unlike `localeCompare`. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Error for files that are not a valid model. `problems` holds all problems; the message lists the first twenty. */
export class ModelError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const shown = problems.slice(0, 20).map(formatProblem);
    if (problems.length > shown.length) shown.push(`… and ${problems.length - shown.length} more`);
    super(
      `${problems.length === 1 ? "One problem" : `${problems.length} problems`} in the declared platform:\n${shown.join("\n")}`,
    );
    this.name = "ModelError";
    this.problems = problems;
  }
}
