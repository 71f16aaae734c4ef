/** `kit check` as a function: files in, findings out. */

import { statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { loadFile, loadTopicFiles } from "../../components/model/load.ts";
import type { SourceLocation } from "../../components/model/problems/source-location.ts";
import { type SourceFile, topicsFolder } from "../../components/model/source-file.ts";
import { readTopicsAsFarAsGood } from "../../components/model/topics/read-topics.ts";
import { ReadingCache } from "../../components/model/topics/reading-cache.ts";
import { stacksWithOwnTopics } from "../../components/plan/diff/touched-stacks.ts";
import type { Change } from "../../components/plan/diff/types.ts";
import { type CheckInput, type CheckResult, checkDeclaration } from "../../policies/check.ts";
import { exceptionsPath } from "../../policies/exceptions.ts";
import { type Finding, sortFindings } from "../../policies/finding.ts";
import type { CommandContext } from "../context.ts";
import { todayOf } from "../declaration/today.ts";
import { expectStackName, unknownStack } from "../declaration/unknown-stack.ts";
import { type DeclaredTree, locateTree, locateTrees, readTree, readTrees, workingTree } from "../diff/declared-tree.ts";
import { defaultStack } from "../diff/default-stack.ts";
import type { GitProject } from "../diff/git-objects.ts";
import { judgeStacks, withFindings } from "../diff/judge-stacks.ts";
import { KitError } from "../errors.ts";

/** What to check. Paths are as the user wrote them. */
export interface CheckRequest {
  readonly topics: string | undefined;
  readonly stack: string | undefined;
  /** The base to compare the change with; the change is then judged as in `kit diff`. */
  readonly base: string | undefined;
  /** What to check instead of the files on disk: a commit or a folder. */
  readonly head: string | undefined;
  readonly exceptions: string | undefined;
  /** A file or folder with rendered Kubernetes objects. */
  readonly manifests: string | undefined;
}

/** The outcome, with paths relative to the current folder. */
export interface CheckOutcome {
  readonly stack: string;
  readonly result: CheckResult;
  /** Text of each file that was read, for excerpts. */
  readonly texts: ReadonlyMap<string, string>;
  /** What limits the comparison with the base. */
  readonly notes: readonly string[];
}

/**
 * Checks the project's files, or those of a commit or another folder, for one stack. With a base it also judges the change,
 * as `kit diff` does.
 * @throws KitError `KIT_UNKNOWN_STACK`, `KIT_CHECK_NO_TOPICS`, `KIT_CHECK_NO_EXCEPTIONS`, `KIT_USAGE`, and those of reading manifests and of a diff.
 */
export async function checkProject(context: CommandContext, request: CheckRequest): Promise<CheckOutcome> {
  const { projectDir } = context;
  if (request.topics !== undefined && request.head !== undefined)
    throw new KitError("KIT_USAGE", "--topics and --head both say what is checked.", { fix: "Give one of them." });
  const today = todayOf(context);
  const stack = request.stack ?? (await defaultStack(projectDir));
  await expectStackName(projectDir, stack);
  const git: GitProject = { projectDir, env: context.env };
  const sides =
    request.base === undefined
      ? { head: request.head === undefined ? workingTree(projectDir) : await locateTree(git, request.head) }
      : await locateTrees(git, request.base, request.head);
  const base = "base" in sides ? sides.base : undefined;
  const [before, read] =
    base === undefined
      ? [undefined, await readTree(git, sides.head, [stack])]
      : await readTrees(git, [base, sides.head], [stack]);
  const { tree: after, shown } = await withOverrides(projectDir, read, request);
  const stackFile = after.stacks.get(stack);
  if (stackFile === undefined || ("refused" in stackFile && stackFile.refused === "not-found"))
    throw await unknownStack(projectDir, stack);
  const manifests =
    request.manifests === undefined
      ? undefined
      : (await import("./manifest-files.ts")).readManifestFiles(request.manifests, fromHere);
  const withManifests = manifests === undefined ? {} : { manifests };
  const texts = textsOf([...after.files, stackFile, after.exceptions], shown);
  if (before === undefined) {
    const result = checkAllStacks(after, stack, {
      files: after.files,
      stack: stackFile,
      exceptions: after.exceptions,
      today,
      ...withManifests,
    });
    return {
      stack,
      result: { ...result, findings: withPaths(result.findings, shown), excepted: withPaths(result.excepted, shown) },
      texts,
      notes: [],
    };
  }
  const { rules, diff, notes } = await judgeStacks({ git, before, after, stack, stackFile, today, ...withManifests });
  const findings = sortFindings([...rules.findings, ...changeFindings(diff?.changes ?? [], rules.findings)]);
  const summary = { ...rules.summary, errors: findings.filter(({ level }) => level === "error").length };
  return {
    stack,
    result: { findings: withPaths(findings, shown), excepted: withPaths(rules.excepted, shown), summary },
    texts,
    notes: ["notes" in sides ? sides.notes : [], notes].flat(),
  };
}

/** The check for one stack, with what holds in the others that topics name. */
function checkAllStacks(tree: DeclaredTree, stack: string, input: CheckInput): CheckResult {
  const { manifests: _manifests, ...files } = input;
  const names = tree.stackNames === undefined ? {} : { stackNames: tree.stackNames };
  const cache = new ReadingCache();
  let result = checkDeclaration({ ...input, ...names, cache });
  // Most projects do not mention environments and need no second check.
  if (!tree.files.some((each) => "text" in each && /\b(?:stacks|overrides)\b/.test(each.text))) return result;
  for (const [other, topics] of stacksWithOwnTopics(readTopicsAsFarAsGood(tree.files, cache).model, stack)) {
    const file = tree.stacks.get(other);
    if (file === undefined || "refused" in file) continue;
    result = {
      ...result,
      ...withFindings(result, checkDeclaration({ ...files, stack: file, ...names, cache }).findings, other, topics),
    };
  }
  return result;
}

/** The head with the replacements of `--topics` and `--exceptions`, and how its paths are shown. */
async function withOverrides(
  projectDir: string,
  tree: DeclaredTree,
  request: CheckRequest,
): Promise<{ readonly tree: DeclaredTree; readonly shown: (path: string) => string }> {
  const exceptions = request.exceptions === undefined ? {} : { exceptions: await loadNamed(request.exceptions) };
  const folder = request.topics === undefined ? join(projectDir, topicsFolder) : resolve(request.topics);
  if (request.topics !== undefined || tree.source.kind === "folder") {
    const place =
      request.topics === undefined && tree.source.kind === "folder" ? join(tree.source.dir, topicsFolder) : folder;
    if (!isFolder(place)) throw new KitError("KIT_CHECK_NO_TOPICS", request.topics ?? topicsFolder);
  }
  if (request.topics === undefined || folder === join(projectDir, topicsFolder))
    return { tree: { ...tree, ...exceptions }, shown: (path) => path };
  const files = await loadTopicFiles(dirname(folder), folder);
  const own = await loadFile(dirname(folder), exceptionsPath);
  // Paths are relative to this folder.
  return {
    tree: { ...tree, files, exceptions: own, ...exceptions },
    shown: (path) =>
      path.startsWith(`${topicsFolder}/`) ? join(fromHere(folder), path.slice(topicsFolder.length + 1)) : path,
  };
}

/** Changes that need more than a look, as findings. What a rule says of the same object at the same line is not said again. */
function changeFindings(changes: readonly Change[], said: readonly Finding[]): Finding[] {
  const placeOf = (object: string, { file, line }: SourceLocation): string => `${object}\n${file}:${line}`;
  const known = new Set(
    said.flatMap((finding) =>
      finding.level === "error" && finding.object !== undefined ? [placeOf(finding.object, finding)] : [],
    ),
  );
  return changes.flatMap(({ kind, object, field, hazard, effects, advice = [], reviewers, source }): Finding[] => {
    if (hazard === "safe") return [];
    const place = source ?? { file: topicsFolder, line: 1, column: 1 };
    const what = `${field ?? kind.replace("-", " ")}: ${effects.slice(0, 3).join("; ")}`;
    if (hazard === "refused")
      return known.has(placeOf(object, place))
        ? []
        : [
            {
              rule: "change-refused",
              level: "error",
              ...place,
              message: what,
              object,
              ...(advice[0] === undefined ? {} : { fix: advice[0] }),
            },
          ];
    return [
      {
        rule: `change-${hazard}`,
        level: "info",
        ...place,
        message: `${what} (approval of ${reviewers.join(", ")})`,
        object,
      },
    ];
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function loadNamed(path: string): Promise<SourceFile> {
  const absolute = resolve(path);
  const file = await loadFile(dirname(absolute), absolute.slice(dirname(absolute).length + 1));
  if ("refused" in file && file.refused === "not-found") throw new KitError("KIT_CHECK_NO_EXCEPTIONS", path);
  return { ...file, path: fromHere(absolute) };
}

/** A path relative to the current folder; absolute if it is outside. */
function fromHere(absolute: string): string {
  const path = relative(process.cwd(), absolute);
  return path.startsWith("..") || isAbsolute(path) ? absolute : path;
}

function withPaths(findings: readonly Finding[], shown: (path: string) => string): Finding[] {
  return findings.map((finding) => ({ ...finding, file: shown(finding.file) }));
}

function textsOf(files: readonly SourceFile[], shown: (path: string) => string): Map<string, string> {
  return new Map(files.flatMap((file) => ("text" in file ? [[shown(file.path), file.text] as const] : [])));
}
