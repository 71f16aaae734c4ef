import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
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
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: PROJECT_DIR, maxBuffer: 16 * 1024 * 1024 });
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await cp(join(PROJECT_DIR, file), join(dir, file));
  }
  await symlink(join(PROJECT_DIR, "node_modules"), join(dir, "node_modules"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
