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
  /** What this environment has, with what is other here. */
  readonly model: Model;
  /** What all environments have together, with all that is other in some. */
  readonly whole: Model;
  readonly stack: StackSettings;
}

/** What a reading may know besides the files. */
export interface ReadingOptions {
  /** Shared by readings of trees that have files in common. */
  readonly cache?: ReadingCache;
  /** Name of the stack. Default: from the path of its file; with settings alone nothing is other. */
  readonly stackName?: string | undefined;
  /** All stacks that there are: what a file says for another one is refused. Default: not known. */
  readonly stacks?: readonly string[] | undefined;
}

/**
 * Reads the declared platform: pure, all problems at once.
 * @param files - Everything below `topics/`.
 * @param stack - The stack's file, or settings that are valid already (as Pulumi's configuration gives them).
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
 * The value of a reading.
 * @throws ModelError with every problem when there are any.
 */
export function expectRead<T>(reading: Reading<T>): T {
  if (reading.ok) return reading.value;
  throw new ModelError(reading.problems);
}
