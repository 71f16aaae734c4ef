import { checkFit } from "./fit.ts";
import { ModelError, sortProblems } from "./problem.ts";
import type { ReadingCache } from "./reading-cache.ts";
import { readTopics } from "./read-topics.ts";
import { readStackFile } from "./stack-file.ts";
import type { SourceFile } from "./source-file.ts";
import type { StackSettings } from "./stack.ts";
import type { Model, Reading } from "./types.ts";

/** A validated model and the settings of the environment it is for. */
export interface ModelAndStack {
  readonly model: Model;
  readonly stack: StackSettings;
}

/**
 * Reads the declared platform: pure, all problems at once.
 * @param files - Everything below `topics/`.
 * @param stack - The stack's file, or settings that are valid already (as Pulumi's configuration gives them).
 * @param cache - Shared by readings of trees that have files in common.
 */
export function readModel(files: readonly SourceFile[], stack: SourceFile | StackSettings, cache?: ReadingCache): Reading<ModelAndStack> {
  const topics = readTopics(files, cache);
  const settings: ReturnType<typeof readStackFile> = "path" in stack ? readStackFile(stack) : { ok: true, value: stack };
  if (!topics.ok || !settings.ok) return { ok: false, problems: sortProblems([...(topics.ok ? [] : topics.problems), ...(settings.ok ? [] : settings.problems)]) };
  const problems = checkFit(topics.value, settings.value, settings.at);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { model: topics.value, stack: settings.value } };
}

/**
 * The value of a reading.
 * @throws ModelError with every problem when there are any.
 */
export function expectRead<T>(reading: Reading<T>): T {
  if (reading.ok) return reading.value;
  throw new ModelError(reading.problems);
}
