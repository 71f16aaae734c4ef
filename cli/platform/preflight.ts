/** Checks before anything changes. */
import { access, constants, mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KitError } from "../errors.ts";
import { formatBytes } from "../terminal/quantities.ts";

/** Free space for a first `up`: nine brokers' logs, PostgreSQL's cluster, the processes' own logs. */
export const WANTED_SPACE_BYTES = 2 * 1024 ** 3;

/**
 * Makes the state directory and checks that it is writable and has space.
 * @throws KitError `KIT_STATE_UNWRITABLE`, `KIT_STATE_NO_SPACE`.
 */
export async function checkStateFolder(stateDir: string, wantedBytes = WANTED_SPACE_BYTES): Promise<void> {
  try {
    // Other users may enter but not list it: the data of a server that runs as an unprivileged user is below.
    await mkdir(stateDir, { recursive: true, mode: 0o711 });
    await access(stateDir, constants.W_OK | constants.X_OK);
    // Root passes every access check; only a write reveals a read-only file system.
    const probe = join(stateDir, `.writable-${process.pid}`);
    await writeFile(probe, "");
    await rm(probe);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof Error && "code" in cause && cause.code === "ENOSPC")
      throw new KitError("KIT_STATE_NO_SPACE", words, { cause });
    throw new KitError("KIT_STATE_UNWRITABLE", words, { cause });
  }
  const free = await freeBytes(stateDir);
  if (free < wantedBytes)
    throw new KitError(
      "KIT_STATE_NO_SPACE",
      `${formatBytes(free)} free at ${stateDir}, ${formatBytes(wantedBytes)} wanted`,
    );
}

/** Bytes that an ordinary user may still write on a folder's file system. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
