/** The model of a project, now and with changes that are not written yet. */
import type { Problem } from "../../components/model/problems/problem.ts";
import { readModel } from "../../components/model/read.ts";
import type { SourceFile } from "../../components/model/source-file.ts";
import type { Model } from "../../components/model/types.ts";
import type { CommandContext } from "../context.ts";
import { countProblems, writeProblems } from "../declaration/declaration-problems.ts";
import { type ErrorCode, KitError } from "../errors.ts";
import type { ChangedFile, CreatedFile } from "./file-change.ts";

/** The declaration has problems: now, or with the changes. */
export class DeclarationProblems extends Error {
  override readonly name = "DeclarationProblems";
  readonly problems: readonly Problem[];
  /** Whether the project had them before. */
  readonly before: boolean;

  constructor(problems: readonly Problem[], before: boolean) {
    super(countProblems(problems));
    this.problems = problems;
    this.before = before;
  }
}

/** Shows the problems, and returns the error that ends the command. Its code says whether the project already had them. */
export function declarationError(
  context: CommandContext,
  { problems, before, message }: DeclarationProblems,
  refused: ErrorCode,
): KitError {
  writeProblems(context, problems);
  return new KitError(before ? "KIT_MODEL_INVALID" : refused, message);
}

/**
 * The model that all stacks share; each stack's settings are checked against it.
 * @param before - Whether this is the project before the changes.
 * @throws DeclarationProblems, KitError `KIT_UNKNOWN_STACK`.
 */
export function readForAllStacks(
  topicFiles: readonly SourceFile[],
  stackFiles: ReadonlyMap<string, SourceFile>,
  before: boolean,
): Model {
  let model: Model | undefined;
  for (const stack of stackFiles.values()) {
    const reading = readModel(topicFiles, stack, { stacks: [...stackFiles.keys()] });
    if (!reading.ok) throw new DeclarationProblems(reading.problems, before);
    model = reading.value.whole;
  }
  if (model === undefined) throw new KitError("KIT_UNKNOWN_STACK", "at all: stacks/ holds no Pulumi.<stack>.yaml");
  return model;
}

/**
 * Files of `topics/` with the files to create and change.
 * @throws KitError `KIT_NEW_NAME_TAKEN` when a file to create exists.
 */
export function overlaid(
  files: readonly SourceFile[],
  created: readonly CreatedFile[],
  changed: readonly ChangedFile[],
): SourceFile[] {
  const added = created
    .filter((file) => file.path.startsWith("topics/"))
    .map((file) => ({ path: file.path, text: String(file.content) }));
  const taken = added.find((file) => files.some((existing) => existing.path === file.path));
  if (taken !== undefined)
    throw new KitError("KIT_NEW_NAME_TAKEN", `would need the file ${taken.path}, which there is already`);
  return [...files.map((file) => overlay(file, changed)), ...added];
}

/** A file with its changes. */
export function overlay(file: SourceFile, changed: readonly ChangedFile[]): SourceFile {
  const change = changed.find((candidate) => candidate.path === file.path);
  return change === undefined ? file : { path: file.path, text: change.after };
}
