/** Writes files and links atomically, also across a crash: it writes a draft beside the target, then renames it. */
import { randomBytes } from "node:crypto";
import { chmodSync, constants, renameSync, rmSync, writeFileSync } from "node:fs";
import { open, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./coded-error.ts";

/** Owner of a file. Only root can change the owner of a file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const PRIVATE = 0o600;

function draftOf(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.tmp`;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems cannot sync a folder. The rename is still atomic.
    if (systemCode(error) !== "EINVAL" && systemCode(error) !== "EPERM") throw error;
  } finally {
    await folder.close();
  }
}

/**
 * Writes the whole file and syncs it. The folder must exist.
 * @param options - `mode` defaults to 0600.
 * @throws The system's error. The draft is then removed.
 */
export async function writeDurably(
  path: string,
  content: string,
  options: { mode?: number; owner?: Owner } = {},
): Promise<void> {
  const mode = options.mode ?? PRIVATE;
  const draft = draftOf(path);
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
    throw error;
  }
}

/**
 * Writes the whole file without waiting, for synchronous callers: code that Pulumi calls for a value, or a list of
 * steps that are undone. Another process sees the old or the new text. The disk may get the new text later.
 * @throws The system's error. The draft is then removed.
 */
export function replaceFileSync(path: string, content: string, mode: number): void {
  const draft = draftOf(path);
  try {
    writeFileSync(draft, content, { flag: "wx", mode });
    chmodSync(draft, mode);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Points a link at a target, unless it already does. The folder must exist. */
export async function replaceLink(link: string, target: string): Promise<void> {
  if ((await readlink(link).catch(() => undefined)) === target) return;
  const draft = draftOf(link);
  await symlink(target, draft);
  await rename(draft, link);
}
