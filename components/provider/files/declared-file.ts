/** Compares declared files with files on disk, and writes them. */
import { chmod, chown, lstat, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "../../machine/coded-error.ts";
import { type Owner, writeDurably } from "../../machine/durable-file.ts";
import { writeFailure } from "../errors.ts";

/** Returns the bits of an octal text such as `"0600"`. */
export function modeBits(mode: string): number {
  return Number.parseInt(mode, 8);
}

/** Difference between a file on disk and its declaration. */
export type FileDrift = "none" | "missing" | "content" | "mode";

/** Compares a file on disk with its declaration. */
export async function fileDrift(path: string, content: string, mode: number): Promise<FileDrift> {
  try {
    if ((await readFile(path, "utf8")) !== content) return "content";
    return ((await lstat(path)).mode & 0o7777) === mode ? "none" : "mode";
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return "missing";
    return "content";
  }
}

/** Writes a file as declared. Returns whether it had to change anything. */
export async function ensureFile(
  path: string,
  content: string,
  options: { mode: number; owner?: Owner },
): Promise<boolean> {
  const drift = await fileDrift(path, content, options.mode);
  if (drift === "none" || drift === "mode") {
    if (options.owner !== undefined) await chown(path, options.owner.uid, options.owner.gid);
    if (drift === "mode") await chmod(path, options.mode);
    return drift === "mode";
  }
  const folder = dirname(path);
  try {
    // The folder of a private file is created private. An existing folder is not changed.
    await mkdir(folder, { recursive: true, mode: (options.mode & 0o077) === 0 ? 0o700 : 0o755 });
  } catch (error) {
    throw writeFailure(folder, error);
  }
  await writeDurably(path, content, options).catch((error: unknown) => Promise.reject(writeFailure(path, error)));
  return true;
}
