/** Files as they are declared: how one on disk differs, and how it becomes what it should be. */
import { chmod, chown, lstat, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "../../machine/coded-error.ts";
import { type Owner, writeDurably } from "../../machine/durable-file.ts";
import { writeFailure } from "../errors.ts";

/** Bits of an octal text such as `"0600"`. */
export function modeBits(mode: string): number {
  return Number.parseInt(mode, 8);
}

/** How a file on disk differs from what it should be. */
export type FileDrift = "none" | "missing" | "content" | "mode";

/** Compares a file on disk with what it should be. */
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

/** Makes the file what it should be; says whether anything had to be done. */
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
    // A private file's folder starts private; an existing one is left as it is.
    await mkdir(folder, { recursive: true, mode: (options.mode & 0o077) === 0 ? 0o700 : 0o755 });
  } catch (error) {
    throw writeFailure(folder, error);
  }
  await writeDurably(path, content, options).catch((error: unknown) => Promise.reject(writeFailure(path, error)));
  return true;
}
