import { checkFit } from "./fit/fit.ts";
import { ModelError, sortProblems } from "./problems/problem.ts";
import { type SourceFile, stackOfPath } from "./source-file.ts";
import type { StackSettings } from "./stack/stack.ts";
import { readStackFile } from "./stack/stack-file.ts";
import { modelFor, unknownStackNames } from "./topics/environment.ts";
import { readTopics } from "./topics/read-topics.ts";
import type { ReadingCache } from "./topics/reading-cache.ts";
import type { Model, Reading } from "./types.ts";

/** A validated model and the settings of the environment it is for. */
export interface ModelAndStack {
  /** The topics of this environment, with its overrides. */
  readonly model: Model;
  /** The topics of all environments together, with the overrides of each. */
  readonly whole: Model;
  readonly stack: StackSettings;
}

/** Options of a read. */
export interface ReadingOptions {
  /** Cache that reads of trees with common files share. */
  readonly cache?: ReadingCache;
  /** Name of the stack. Default: from the path of its file. With settings instead of a file, no overrides apply. */
  readonly stackName?: string | undefined;
  /** Names of all stacks. A file that names another stack is refused. Default: unknown, so there is no check. */
  readonly stacks?: readonly string[] | undefined;
}

/**
 * Reads the declared platform and reports all problems at once. Pure.
 * @param files - Everything below `topics/`.
 * @param stack - The stack's file, or settings that are already validated (as from Pulumi's configuration).
 */
export function readModel(
  files: readonly SourceFile[],
  stack: SourceFile | StackSettings,
  { cache, stackName = "path" in stack ? stackOfPath(stack.path) : undefined, stacks }: ReadingOptions = {},
): Reading<ModelAndStack> {
  const topics = readTopics(files, cache);
  const settings: ReturnType<typeof readStackFile> =
    "path" in stack ? readStackFile(stack) : { ok: true, value: stack };
  if (!topics.ok || !settings.ok)
    return {
      ok: false,
      problems: sortProblems([...(topics.ok ? [] : topics.problems), ...(settings.ok ? [] : settings.problems)]),
    };
  const whole = topics.value;
  const model = modelFor(whole, stackName);
  const problems = sortProblems([
    ...checkFit(model, settings.value, settings.at),
    ...(stacks === undefined ? [] : unknownStackNames(whole, stacks)),
  ]);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { model, whole, stack: settings.value } };
}

/**
 * Returns the value of a read.
 * @throws ModelError with every problem, if there are any.
 */
export function expectRead<T>(reading: Reading<T>): T {
  if (reading.ok) return reading.value;
  throw new ModelError(reading.problems);
}
