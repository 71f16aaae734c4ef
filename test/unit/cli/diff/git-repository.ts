import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A throw-away repository with the corpus' project in its first commit. */
export interface GitRepository {
  readonly dir: string;
  /** Writes files; undefined deletes. */
  readonly write: (files: Readonly<Record<string, string | undefined>>) => Promise<void>;
  /** Commits everything and returns the commit. */
  readonly commit: (message: string) => string;
  readonly git: (...args: string[]) => string;
  readonly remove: () => Promise<void>;
}

/** Makes a repository; `folder` puts the project below its root. */
export async function gitRepository(folder = ""): Promise<GitRepository> {
  const root = await mkdtemp(join(tmpdir(), "event-platform-diff-"));
  const dir = join(root, folder);
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_AUTHOR_NAME: "t",
    GIT_AUTHOR_EMAIL: "t@example.com",
    GIT_COMMITTER_NAME: "t",
    GIT_COMMITTER_EMAIL: "t@example.com",
  };
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, env, encoding: "utf8" }).trim();
  git("init", "--quiet", "--initial-branch=main");
  await cp(join(import.meta.dirname, "../../../corpus/base"), dir, { recursive: true });
  const repository: GitRepository = {
    dir,
    git,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        if (text === undefined) await rm(join(dir, path), { recursive: true });
        else {
          await mkdir(dirname(join(dir, path)), { recursive: true });
          await writeFile(join(dir, path), text);
        }
      }
    },
    commit(message) {
      git("add", "--all");
      git("commit", "--quiet", "--message", message);
      return git("rev-parse", "HEAD");
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
  repository.commit("base");
  return repository;
}
