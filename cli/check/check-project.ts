/** `kit check` as a function: files in, findings out. */
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { statSync } from "node:fs";
import { loadFile, loadTopicFiles } from "../../components/model/load.ts";
import { readModel } from "../../components/model/read.ts";
import { stackFilePath, topicsFolder, type SourceFile } from "../../components/model/source-file.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import { checkDeclaration, type CheckResult } from "../../policies/check.ts";
import { exceptionsPath } from "../../policies/exceptions.ts";
import type { Finding } from "../../policies/finding.ts";
import type { TopicBefore } from "../../policies/rule.ts";
import type { CommandContext } from "../context.ts";
import { defaultStack } from "../diff/default-stack.ts";
import { KitError } from "../errors.ts";
import { expectStackName, unknownStack } from "../unknown-stack.ts";

/** What is checked. Paths are as the user wrote them. */
export interface CheckRequest {
  readonly topics: string | undefined;
  readonly stack: string | undefined;
  readonly base: string | undefined;
  readonly exceptions: string | undefined;
  /** A file or folder with rendered Kubernetes objects. */
  readonly manifests: string | undefined;
}

/** The outcome, with paths as a reader of the current folder finds them. */
export interface CheckOutcome {
  readonly stack: string;
  readonly result: CheckResult;
  /** Text of each file that was read, for excerpts. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Checks the project's files, or those of another folder, for one stack.
 * @throws KitError `KIT_UNKNOWN_STACK`, `KIT_CHECK_NO_TOPICS`, `KIT_CHECK_NO_EXCEPTIONS`, and those of reading manifests and a base.
 */
export async function checkProject(context: CommandContext, request: CheckRequest): Promise<CheckOutcome> {
  const { projectDir } = context;
  const folder = request.topics === undefined ? join(projectDir, topicsFolder) : resolve(request.topics);
  if (request.topics === "" || !isFolder(folder)) throw new KitError("KIT_CHECK_NO_TOPICS", request.topics === "" ? '""' : (request.topics ?? topicsFolder));
  const own = folder === join(projectDir, topicsFolder);
  const stack = request.stack ?? (await defaultStack(projectDir));
  await expectStackName(projectDir, stack);
  const stackFile = await loadFile(projectDir, stackFilePath(stack));
  if ("refused" in stackFile && stackFile.refused === "not-found") throw await unknownStack(projectDir, stack);
  const files = await loadTopicFiles(dirname(folder), folder);
  const exceptions = request.exceptions === undefined ? await loadFile(own ? projectDir : dirname(folder), exceptionsPath) : await loadNamed(request.exceptions);
  const before = request.base === undefined ? undefined : await topicsBefore(context, request.base, stack, stackFile);
  const manifests = request.manifests === undefined ? undefined : (await import("./manifest-files.ts")).readManifestFiles(request.manifests, fromHere);
  const result = checkDeclaration({
    files, stack: stackFile, exceptions, today: new Date(context.now()).toISOString().slice(0, 10),
    ...(before === undefined ? {} : { before }), ...(manifests === undefined ? {} : { manifests }),
  });
  // Paths are those of the project; of another folder, those that lead there from here.
  const shown = (path: string): string => (own || !path.startsWith(`${topicsFolder}/`) ? path : join(fromHere(folder), path.slice(topicsFolder.length + 1)));
  return { stack, result: { ...result, findings: withPaths(result.findings, shown), excepted: withPaths(result.excepted, shown) }, texts: textsOf([...files, stackFile, exceptions], shown) };
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

/** A path as one types it in the current folder; outside of it, the whole path. */
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

/** The topics of a base as they are planned for the stack: by its own settings, or by today's where it had no such stack. */
async function topicsBefore(context: CommandContext, base: string, stack: string, stackToday: SourceFile): Promise<Map<string, TopicBefore>> {
  const { locateTree, readTrees } = await import("../diff/declared-tree.ts");
  const git = { projectDir: context.projectDir, env: context.env };
  const source = await locateTree(git, base);
  const [tree] = await readTrees(git, [source, source], [stack]);
  const stackThen = tree.stacks.get(stack);
  const read = readModel(tree.files, stackThen === undefined || "refused" in stackThen ? stackToday : stackThen);
  if (!read.ok) throw new KitError("KIT_CHECK_BASE_INVALID", `${base} (${read.problems[0]?.message ?? "no reason"})`);
  const plan = planPlatform(read.value.model, read.value.stack);
  return new Map(plan.topics.map(({ name, partitions, replicationFactor }) => [name, { partitions, replicationFactor }]));
}
