import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PROJECT_DIR } from "./kit-command.ts";

const run = promisify(execFile);

/**
 * Copies the clone under test (what git tracks or would track), so that a test can change the files
 * that people edit. Installed packages are shared, workspaces are its own.
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
  await sharePackages(join(PROJECT_DIR, "node_modules"), join(dir, "node_modules"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Links to the packages of another folder; links to workspaces lead to the copy's own. */
async function sharePackages(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.name.startsWith("@")) await sharePackages(source, target);
    else await symlink(source, target);
  }
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
