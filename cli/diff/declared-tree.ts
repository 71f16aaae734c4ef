/** The declaration on one side of a diff: files of a commit, of a folder, or of the working tree. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { loadFile, loadTopicFiles, stackNames } from "../../components/model/load.ts";
import { compareText } from "../../components/model/problems/problem.ts";
import {
  isReadPath,
  maxSourceBytes,
  mayBeFolder,
  type SourceFile,
  stackFilePath,
  stackOfPath,
  topicsFolder,
} from "../../components/model/source-file.ts";
import { exceptionsPath } from "../../policies/exceptions.ts";
import { KitError } from "../errors.ts";
import { type GitProject, listTree, mergeBase, readBlobs, resolveCommit, type TreeEntry } from "./git-objects.ts";

/** Source of a side. */
export type TreeSource =
  | { readonly kind: "folder"; readonly label: string; readonly dir: string }
  | { readonly kind: "commit"; readonly label: string; readonly commit: string };

/** One side's files. */
export interface DeclaredTree {
  readonly source: TreeSource;
  /** All YAML files and schemas below `topics/`, sorted by path. */
  readonly files: readonly SourceFile[];
  /** Stack files by stack: all that exist, and those that were requested. */
  readonly stacks: ReadonlyMap<string, SourceFile>;
  /** Stacks that have a file, sorted; undefined if the tree has no stack files, such as a folder that contains only topics. */
  readonly stackNames?: readonly string[];
  /** `policies/exceptions.yaml`; rejects with "not found" if there is none. */
  readonly exceptions: SourceFile;
}

/**
 * Distinguishes a folder from the name of a commit. A folder is `topics/` itself or contains it. A name that is both a commit
 * and a folder counts as a folder only if it is written as a path.
 * @throws KitError `KIT_DIFF_UNKNOWN_REF`, `KIT_DIFF_NO_TOPICS`, `KIT_GIT_MISSING`.
 */
export async function locateTree(git: GitProject, text: string): Promise<TreeSource> {
  const written = isAbsolute(text) || /^\.{1,2}(\/|$)/.test(text);
  if (written) {
    const dir = await projectFolder(text);
    if (dir !== undefined) return { kind: "folder", label: text, dir };
    throw new KitError("KIT_DIFF_NO_TOPICS", JSON.stringify(text));
  }
  try {
    return { kind: "commit", label: text, commit: await resolveCommit(git, text) };
  } catch (error) {
    const dir = await projectFolder(text);
    if (dir !== undefined) return { kind: "folder", label: text, dir };
    throw error;
  }
}

/** The folder that contains `topics/`, for a path to it or to `topics/` itself. */
async function projectFolder(text: string): Promise<string | undefined> {
  const dir = resolve(text);
  if (await isFolder(join(dir, topicsFolder))) return dir;
  return basename(dir) === topicsFolder && (await isFolder(dir)) ? dirname(dir) : undefined;
}

/** Both sides of a comparison. */
export interface ComparedTrees {
  readonly base: TreeSource;
  readonly head: TreeSource;
  /** Notes for the user about the choice of the base. */
  readonly notes: readonly string[];
}

/**
 * Finds both sides. As in a pull request, the change is the difference between the head and its merge base, so that additions
 * to the base since then do not count as removed. `A...B` does the same with both ends given; `A..B` compares the two ends
 * directly.
 * @param head - Default: the working tree, whose position in the history is `HEAD`.
 * @throws KitError those of {@link locateTree} and {@link mergeBase}, `KIT_USAGE` for a range beside a head.
 */
export async function locateTrees(git: GitProject, base: string, head: string | undefined): Promise<ComparedTrees> {
  const [, from, dots, to] = /^(?!\.\.?(?:\/|$))(.*?)(\.{2,3})(?!\/)(.*)$/su.exec(base) ?? [];
  if (dots === undefined || from === undefined || to === undefined) return sides(git, base, head, true);
  if (head !== undefined)
    throw new KitError("KIT_USAGE", `--base ${base} names both sides, and --head ${head} another.`, {
      fix: `Give one of them: \`--base ${from === "" ? "main" : from} --head ${head}\`.`,
    });
  return sides(git, from === "" ? "HEAD" : from, to === "" ? "HEAD" : to, dots === "...");
}

async function sides(
  git: GitProject,
  baseName: string,
  headName: string | undefined,
  parted: boolean,
): Promise<ComparedTrees> {
  const base = await locateTree(git, baseName);
  const head = headName === undefined ? workingTree(git.projectDir) : await locateTree(git, headName);
  const headCommit =
    head.kind === "commit"
      ? head.commit
      : headName === undefined && base.kind === "commit"
        ? await resolveCommit(git, "HEAD")
        : undefined;
  if (!parted || base.kind !== "commit" || headCommit === undefined) return { base, head, notes: [] };
  const { commit, behind } = await mergeBase(git, base.commit, headCommit);
  if (behind === 0) return { base, head, notes: [] };
  const missing = behind === 1 ? "one commit" : `${behind} commits`;
  return {
    base: { ...base, commit },
    head,
    notes: [
      `compared with ${commit.slice(0, 12)}, where the head left ${baseName}; ${missing} of ${baseName} that the head lacks are not judged (${baseName}..${headName ?? "HEAD"} compares the two ends)`,
    ],
  };
}

/** The project on disk, including uncommitted files. */
export function workingTree(projectDir: string): TreeSource {
  return { kind: "folder", label: "the working tree", dir: projectDir };
}

/** One side's files. */
export async function readTree(git: GitProject, source: TreeSource, stacks: readonly string[]): Promise<DeclaredTree> {
  const [tree] = await treesOf(git, [source], stacks);
  if (tree === undefined) throw new Error("one source gives one tree");
  return tree;
}

/** Both sides' files. A file with the same content on both sides is one object, so that it is parsed once. */
export async function readTrees(
  git: GitProject,
  sources: readonly [TreeSource, TreeSource],
  stacks: readonly string[],
): Promise<[DeclaredTree, DeclaredTree]> {
  const [before, after] = await treesOf(git, sources, stacks);
  if (before === undefined || after === undefined) throw new Error("a diff has two sides");
  return [before, after];
}

async function treesOf(
  git: GitProject,
  sources: readonly TreeSource[],
  stacks: readonly string[],
): Promise<DeclaredTree[]> {
  const listed = await Promise.all(sources.map((source) => list(git, source, stacks)));
  const shared = new Map<string, SourceFile>();
  for (const { files } of listed)
    for (const file of files)
      if ("text" in file) shared.set(`${file.path}\n${file.oid(file.text)}`, { path: file.path, text: file.text });
  const missing = listed.flatMap(({ entries }) => entries.filter(({ path, oid }) => !shared.has(`${path}\n${oid}`)));
  const blobs = await readBlobs(
    git,
    missing.map(({ oid }) => oid),
  );
  return listed.map(({ source, files, refused, entries }) => {
    const all: SourceFile[] = [...refused];
    for (const file of files)
      all.push("text" in file ? (shared.get(`${file.path}\n${file.oid(file.text)}`) ?? file) : file);
    for (const { path, oid } of entries) {
      const key = `${path}\n${oid}`;
      const file = shared.get(key) ?? decoded(path, blobs.get(oid));
      shared.set(key, file);
      all.push(file);
    }
    return treeOf(source, all, stacks);
  });
}

/** A folder below `topics/` that has the name of a domain file. */
const folderLikeFile = new RegExp(`^(${topicsFolder}/(?:.*/)?[^/]*\\.ya?ml)/`, "i");

type HashedFile =
  | { readonly path: string; readonly text: string; readonly oid: (text: string) => string }
  | Exclude<SourceFile, { text: string }>;

interface Listing {
  readonly source: TreeSource;
  readonly files: readonly HashedFile[];
  readonly refused: readonly SourceFile[];
  readonly entries: readonly TreeEntry[];
}

async function list(git: GitProject, source: TreeSource, stacks: readonly string[]): Promise<Listing> {
  const asked = [...stacks.map(stackFilePath), exceptionsPath];
  if (source.kind === "folder") {
    const paths = [...new Set([...asked, ...stackNames(source.dir).map(stackFilePath)])];
    const [topics, settings] = await Promise.all([
      loadTopicFiles(source.dir),
      Promise.all(paths.map((path) => loadFile(source.dir, path))),
    ]);
    return {
      source,
      entries: [],
      refused: [],
      files: [...topics, ...settings].map((file): HashedFile => ("text" in file ? { ...file, oid: blobId } : file)),
    };
  }
  const folders = new Set(asked.map(dirname));
  const listed = (await listTree(git, source.commit, [topicsFolder, ...folders])).filter(
    ({ path }) =>
      path === topicsFolder ||
      path.startsWith(`${topicsFolder}/`) ||
      asked.includes(path) ||
      stackOfPath(path) !== undefined ||
      folders.has(path),
  );
  // git does not show the files below a symbolic link to a folder.
  const linked = new Set(
    listed.filter(({ path, mode }) => mode === "120000" && folders.has(path)).map(({ path }) => path),
  );
  const refused: SourceFile[] = asked
    .filter((path) => linked.has(dirname(path)))
    .map((path) => ({ path, refused: "symbolic-link", detail: `its folder ${dirname(path)} is one, as git has it` }));
  const entries: TreeEntry[] = [];
  for (const entry of listed) {
    const { path, mode, size } = entry;
    const folder = folderLikeFile.exec(path)?.[1];
    if (folder !== undefined) {
      if (!refused.some((known) => known.path === folder))
        refused.push({ path: folder, refused: "not-a-file", detail: "a folder" });
      continue;
    }
    if (mode === "120000" && !isReadPath(path) && mayBeFolder(path))
      refused.push({ path: `${path}/`, refused: "symbolic-link", detail: "as git has it" });
    if (!isReadPath(path)) continue;
    if (mode === "120000") refused.push({ path, refused: "symbolic-link", detail: "as git has it" });
    else if (!mode.startsWith("100")) refused.push({ path, refused: "not-a-file", detail: "another repository" });
    else if (size > maxSourceBytes) refused.push({ path, refused: "too-large", detail: `${size} bytes` });
    else entries.push(entry);
  }
  return { source, files: [], refused, entries };
}

function treeOf(source: TreeSource, all: readonly SourceFile[], stacks: readonly string[]): DeclaredTree {
  const byPath = new Map(all.map((file) => [file.path, file]));
  const missing = (path: string): SourceFile => ({ path, refused: "not-found", detail: `not in ${source.label}` });
  const names = all.flatMap(({ path }) => stackOfPath(path) ?? []);
  const stackFiles = new Map(
    [...names, ...stacks].map((stack) => [stack, byPath.get(stackFilePath(stack)) ?? missing(stackFilePath(stack))]),
  );
  const there = [...stackFiles]
    .filter(([, file]) => !("refused" in file && file.refused === "not-found"))
    .map(([stack]) => stack)
    .sort(compareText);
  return {
    source,
    stacks: stackFiles,
    ...(there.length === 0 ? {} : { stackNames: there }),
    exceptions: byPath.get(exceptionsPath) ?? missing(exceptionsPath),
    files: all.filter(({ path }) => path.startsWith(`${topicsFolder}/`)).sort((a, b) => compareText(a.path, b.path)),
  };
}

/** Git's id of a blob with this content. In a repository with SHA-256 ids it never matches. */
function blobId(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function decoded(path: string, bytes: Buffer | undefined): SourceFile {
  try {
    return { path, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes ?? Buffer.alloc(0)) };
  } catch {
    return { path, refused: "not-utf-8", detail: "it holds bytes that are no UTF-8" };
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
