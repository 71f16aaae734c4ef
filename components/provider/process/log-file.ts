/** The log of a process: its last lines for error messages, and its size limit. */
import { constants } from "node:fs";
import { copyFile, open, rm, stat, truncate } from "node:fs/promises";

/** Returns the last lines, at most 64 KiB, starting at `offset` if given; empty if there is no log. */
export async function logTail(path: string, options: { lines?: number; offset?: number } = {}): Promise<string> {
  const file = await open(path, constants.O_RDONLY).catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const offset = options.offset !== undefined && options.offset <= size ? options.offset : 0;
    const start = Math.max(offset, size - 64 * 1024);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    const lines = buffer.subarray(0, bytesRead).toString("utf8").trimEnd().split("\n");
    return lines.slice(-(options.lines ?? 20)).join("\n");
  } finally {
    await file.close();
  }
}

/** Returns the size of a log in bytes; 0 if there is none. */
export async function logSize(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/**
 * Limits a log: if it is larger than `maxBytes`, it is copied to `<path>.1` and truncated. The process appends
 * (O_APPEND) and continues at the new end. Lines written between the copy and the truncation are lost. Returns whether
 * the log was truncated.
 */
export async function boundLog(path: string, maxBytes: number): Promise<boolean> {
  if ((await logSize(path)) <= maxBytes) return false;
  try {
    await copyFile(path, `${path}.1`);
  } catch {
    // On a full disk, the limit has priority over the old lines.
    await rm(`${path}.1`, { force: true });
  }
  await truncate(path, 0);
  return true;
}
