/** Problems of the declaration, in the form that every command shows. */
import { formatProblem, type Problem } from "../../components/model/problems/problem.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { terminalLines } from "../terminal/terminal-text.ts";

/**
 * Writes each problem with its location and fix to stderr.
 * @param tree - The tree that the files belong to, if it is not the project on disk.
 */
export function writeProblems(context: CommandContext, problems: readonly Problem[], tree?: string): void {
  for (const problem of problems)
    context.stderr.write(terminalLines(`${tree === undefined ? "" : `${tree}: `}${formatProblem(problem)}\n`));
}

/** The number of problems, in words. */
export function countProblems(problems: readonly Problem[]): string {
  return problems.length === 1 ? "one problem" : `${problems.length} problems`;
}

/** Shows the problems, and returns the error that ends the command. */
export function invalidModel(context: CommandContext, problems: readonly Problem[], tree?: string): KitError {
  writeProblems(context, problems, tree);
  return new KitError("KIT_MODEL_INVALID", countProblems(problems));
}
