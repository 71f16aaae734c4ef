/** The log of a process: its end for error messages, and its bound. */
import { constants } from "node:fs";
import { copyFile, open, rm, stat, truncate } from "node:fs/promises";

/** The last lines, at most 64 KiB of them; from `offset` on if given. Empty where there is no log. */
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

/** The size of a log in bytes; 0 where there is none. */
export async function logSize(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/**
 * Bounds a log: when it is larger than `maxBytes`, it is copied to `<path>.1` and emptied. Its writer
 * appends (O_APPEND) and goes on at the new end. What is written between copy and emptying is lost.
 * Says whether it was cut.
 */
export async function boundLog(path: string, maxBytes: number): Promise<boolean> {
  if ((await logSize(path)) <= maxBytes) return false;
  try {
    await copyFile(path, `${path}.1`);
  } catch {
    // On a full disk the bound matters more than the old lines.
    await rm(`${path}.1`, { force: true });
  }
  await truncate(path, 0);
  return true;
}
