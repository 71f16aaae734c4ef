/** Checks before anything is touched. */
import { access, constants, mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KitError } from "../errors.ts";
import { formatBytes } from "../terminal/quantities.ts";

/** Free space that a first `up` wants: nine brokers' logs, PostgreSQL's cluster, the processes' own logs. */
export const WANTED_SPACE_BYTES = 2 * 1024 ** 3;

/**
 * Makes the state folder and proves that it can be written and has room.
 * @throws KitError `KIT_STATE_UNWRITABLE`, `KIT_STATE_NO_SPACE`.
 */
export async function checkStateFolder(stateDir: string, wantedBytes = WANTED_SPACE_BYTES): Promise<void> {
  try {
    // Others may pass through but not look: a server that runs as an unprivileged user has its data below.
    await mkdir(stateDir, { recursive: true, mode: 0o711 });
    await access(stateDir, constants.W_OK | constants.X_OK);
    // Root passes every access check; a read-only file system shows only when something is written.
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

/** Bytes an ordinary user may still write on the file system of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
