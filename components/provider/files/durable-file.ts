/** Files that are there whole or not at all, also after a crash. */

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, chown, lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ProviderError, providerError, reasonOf, systemCode } from "../errors.ts";

/** Who shall own a file; only root can give files away. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Turns a failed write into the catalogue's error: full, or not writable. */
export function writeFailure(path: string, error: unknown): Error {
  if (error instanceof ProviderError) return error;
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") return providerError("state-folder-full", { path, reason: code }, error);
  if (code !== undefined) return providerError("state-folder-unwritable", { path, reason: reasonOf(error) }, error);
  return error instanceof Error ? error : new Error(reasonOf(error));
}

/** Bits of an octal text such as `"0600"`. */
export function modeBits(mode: string): number {
  return Number.parseInt(mode, 8);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems cannot sync a folder; the rename is atomic all the same.
    if (systemCode(error) !== "EINVAL" && systemCode(error) !== "EPERM") throw error;
  } finally {
    await folder.close();
  }
}

/** Writes the whole file beside its place, syncs it and moves it there. The folder must exist. */
export async function writeDurably(
  path: string,
  content: string,
  options: { mode?: number; owner?: Owner } = {},
): Promise<void> {
  const mode = options.mode ?? 0o600;
  const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await open(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode);
    try {
      await file.writeFile(content);
      await file.chmod(mode);
      if (options.owner !== undefined) await file.chown(options.owner.uid, options.owner.gid);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(draft, { force: true });
    throw writeFailure(path, error);
  }
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
  await writeDurably(path, content, options);
  return true;
}
