import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PROJECT_DIR } from "./kit-command.ts";

const run = promisify(execFile);

/**
 * Copies the clone under test (what git tracks or would track), so that a test can change the files
 * that people edit. Installed packages are shared.
 * @returns the copy's folder and how to remove it.
 */
export async function copyProject(): Promise<{ readonly dir: string; readonly remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "event-platform-project-"));
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: PROJECT_DIR,
    maxBuffer: 16 * 1024 * 1024,
  });
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await cp(join(PROJECT_DIR, file), join(dir, file));
  }
  await symlink(join(PROJECT_DIR, "node_modules"), join(dir, "node_modules"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Edits of files that are taken back together. */
export interface Edits {
  /** Changes the text of a file of the folder, and fails when that changes nothing. */
  edit(path: string, change: (text: string) => string): Promise<void>;
  /** Puts back every file as it was before its first edit. */
  takeBack(): Promise<void>;
}

/** Edits below the folder that `dir` gives when they are made. */
export function edits(dir: () => string): Edits {
  const originals = new Map<string, string>();
  return {
    async edit(path, change) {
      const file = join(dir(), path);
      const text = await readFile(file, "utf8");
      const changed = change(text);
      if (changed === text) throw new Error(`${path} was to be changed and is not.`);
      if (!originals.has(file)) originals.set(file, text);
      await writeFile(file, changed);
    },
    async takeBack() {
      for (const [file, text] of originals) await writeFile(file, text);
      originals.clear();
    },
  };
}
