/** Reads files of a commit directly from git's objects: no checkout, no index, no writes, no network. */
import { spawn } from "node:child_process";
import { KitError } from "../errors.ts";

/** An entry of a commit's tree. */
export interface TreeEntry {
  /** Relative to the project's root, with forward slashes. */
  readonly path: string;
  /** As git prints it: `100644` and `100755` are plain files, `120000` is a symbolic link, `160000` another repository. */
  readonly mode: string;
  readonly oid: string;
  /** Bytes; 0 for entries without a size. */
  readonly size: number;
}

/** A repository, with paths relative to the project's folder. */
export interface GitProject {
  readonly projectDir: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The commit that a name refers to.
 * @throws KitError `KIT_DIFF_UNKNOWN_REF`, `KIT_GIT_MISSING`.
 */
export async function resolveCommit(git: GitProject, ref: string): Promise<string> {
  const { code, stdout, stderr } = await runGit(git, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${ref}^{commit}`,
  ]);
  const commit = stdout.toString("utf8").trim();
  if (code === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  throw new KitError("KIT_DIFF_UNKNOWN_REF", `${JSON.stringify(ref)}${firstLine(stderr)}`);
}

/** The merge base of two commits. */
export interface MergeBase {
  readonly commit: string;
  /** Number of commits that the first has and the second lacks. */
  readonly behind: number;
}

/**
 * The newest common ancestor of both.
 * @throws KitError `KIT_DIFF_HISTORY_MISSING` if a shallow clone hides it, `KIT_DIFF_UNRELATED` if there is none.
 */
export async function mergeBase(git: GitProject, base: string, head: string): Promise<MergeBase> {
  if (base === head) return { commit: base, behind: 0 };
  const { code, stdout } = await runGit(git, ["merge-base", base, head]);
  const commit = stdout.toString("utf8").trim();
  if (code !== 0 || !/^[0-9a-f]{40,64}$/.test(commit)) {
    throw (await isShallow(git))
      ? new KitError("KIT_DIFF_HISTORY_MISSING", `where ${base.slice(0, 12)} and ${head.slice(0, 12)} parted`)
      : new KitError("KIT_DIFF_UNRELATED", `${base.slice(0, 12)} and ${head.slice(0, 12)}`);
  }
  const count = await runGit(git, ["rev-list", "--count", `${commit}..${base}`]);
  return { commit, behind: Number(count.stdout.toString("utf8").trim()) };
}

/** Files of a commit below some paths of the project. */
export async function listTree(git: GitProject, commit: string, paths: readonly string[]): Promise<TreeEntry[]> {
  const { code, stdout, stderr } = await runGit(git, ["ls-tree", "-r", "-z", "--long", commit, "--", ...paths]);
  if (code !== 0) throw new KitError("KIT_GIT_FAILED", `git ls-tree${firstLine(stderr)}`);
  return stdout
    .toString("utf8")
    .split("\0")
    .flatMap((line) => {
      const [, mode, oid, size, path] = /^(\d+) \w+ ([0-9a-f]+) +(\S+)\t(.*)$/s.exec(line) ?? [];
      return mode === undefined || oid === undefined || path === undefined
        ? []
        : [{ path, mode, oid, size: size === "-" ? 0 : Number(size) }];
    });
}

/**
 * Contents of blobs by their ids, all from one process.
 * @throws KitError `KIT_GIT_FAILED` when a blob is missing, as in a partial clone.
 */
export async function readBlobs(git: GitProject, oids: Iterable<string>): Promise<Map<string, Buffer>> {
  const wanted = [...new Set(oids)];
  const found = new Map<string, Buffer>();
  if (wanted.length === 0) return found;
  const { code, stdout, stderr } = await runGit(git, ["cat-file", "--batch"], `${wanted.join("\n")}\n`);
  let offset = 0;
  for (const oid of wanted) {
    const end = stdout.indexOf(10, offset);
    const header = end === -1 ? "" : stdout.toString("latin1", offset, end);
    const [, size] = /^[0-9a-f]+ blob (\d+)$/.exec(header) ?? [];
    if (code !== 0 || size === undefined)
      throw new KitError(
        "KIT_GIT_FAILED",
        `the object ${oid} can't be read (${header === "" ? firstLine(stderr) : header})`,
      );
    found.set(oid, stdout.subarray(end + 1, end + 1 + Number(size)));
    offset = end + 2 + Number(size);
  }
  return found;
}

/** Effect of one commit on one file. */
export interface BlobChange {
  readonly path: string;
  /** Content after the commit; absent if it deletes the file. */
  readonly oid?: string;
  /** Content before the commit; absent if it adds the file. */
  readonly previous?: string;
}

/** Changes of files on a commit's first-parent branch: commit by commit, newest first. */
export async function blobHistory(git: GitProject, commit: string, paths: readonly string[]): Promise<BlobChange[][]> {
  if (paths.length === 0) return [];
  const { code, stdout, stderr } = await runGit(git, [
    "log",
    "--first-parent",
    "-m",
    "--no-renames",
    "--format=%H",
    "--raw",
    "--no-abbrev",
    "-z",
    "--relative",
    commit,
    "--",
    ...paths,
  ]);
  if (code !== 0) throw new KitError("KIT_GIT_FAILED", `git log${firstLine(stderr)}`);
  const commits: BlobChange[][] = [];
  const parts = stdout.toString("utf8").split("\0");
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] ?? "";
    const [, previous, oid, status] = /^\n*:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) ([A-Z])/.exec(part) ?? [];
    const path = parts[index + 1];
    if (oid === undefined || path === undefined) {
      if (/^\n*[0-9a-f]{40,64}\n*$/.test(part)) commits.push([]);
      continue;
    }
    index += 1;
    commits.at(-1)?.push({
      path,
      ...(status === "D" ? {} : { oid }),
      ...(status === "A" || previous === undefined ? {} : { previous }),
    });
  }
  return commits;
}

/** Whether the clone contains only a part of the history, as in many CI jobs. */
export async function isShallow(git: GitProject): Promise<boolean> {
  const { stdout } = await runGit(git, ["rev-parse", "--is-shallow-repository"]);
  return stdout.toString("utf8").trim() === "true";
}

async function runGit(
  git: GitProject,
  args: readonly string[],
  input?: string,
): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  const child = spawn("git", args, {
    cwd: git.projectDir,
    // Writes nothing, fetches nothing, and prompts for nothing: a diff works without credentials.
    env: {
      ...git.env,
      LC_ALL: "C",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_NO_LAZY_FETCH: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_LITERAL_PATHSPECS: "1",
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString("utf8")).slice(0, 4_000);
  });
  // A git that ends early explains the reason on stderr; the broken pipe adds no information.
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", (cause) => reject(new KitError("KIT_GIT_MISSING", cause.message, { cause })));
    child.once("close", (status) => resolve(status ?? 1));
  });
  return { code, stdout: Buffer.concat(chunks), stderr };
}

function firstLine(text: string): string {
  const line = text.split("\n").find((each) => each.trim() !== "");
  return line === undefined ? "" : ` (${line.trim()})`;
}
