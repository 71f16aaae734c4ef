/** Problems of what is declared, as every command shows them. */
import { formatProblem, type Problem } from "../../components/model/problems/problem.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { terminalLines } from "../terminal/terminal-text.ts";

/**
 * Writes each problem with its place and fix to stderr.
 * @param tree - What the files belong to, where it is not the project as it lies there.
 */
export function writeProblems(context: CommandContext, problems: readonly Problem[], tree?: string): void {
  for (const problem of problems)
    context.stderr.write(terminalLines(`${tree === undefined ? "" : `${tree}: `}${formatProblem(problem)}\n`));
}

/** How many there are, in words. */
export function countProblems(problems: readonly Problem[]): string {
  return problems.length === 1 ? "one problem" : `${problems.length} problems`;
}

/** Shows the problems, and gives the error that ends the command. */
export function invalidModel(context: CommandContext, problems: readonly Problem[], tree?: string): KitError {
  writeProblems(context, problems, tree);
  return new KitError("KIT_MODEL_INVALID", countProblems(problems));
}
