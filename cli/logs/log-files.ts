/** Log files of processes: reads their content and follows additions. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { LogLine } from "./log-lines.ts";
import { parseLine } from "./log-lines.ts";

/** The log of one process. */
export interface LogSource {
  readonly process: string;
  /** Its file. The part that was cut off when the file grew too large is in `<path>.1`. */
  readonly path: string;
}

/** Maximum length of a line, in characters; longer lines are cut. */
const LINE_LIMIT = 100_000;

/**
 * Calls back for every line of a log, oldest first; missing files have no lines. Returns how far it read, in bytes of the file
 * at `path`.
 */
export async function readLog(source: LogSource, onLine: (line: LogLine) => void): Promise<number> {
  await readFile(`${source.path}.1`, source.process, onLine);
  return await readFile(source.path, source.process, onLine);
}

async function readFile(path: string, process: string, onLine: (line: LogLine) => void): Promise<number> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size === 0) return 0;
  // Only up to the current size: a process that writes faster than this reads would otherwise keep it reading forever.
  const lines = createInterface({
    input: createReadStream(path, { encoding: "utf8", end: size - 1 }),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) if (line !== "") onLine(parseLine(process, line.slice(0, LINE_LIMIT)));
  return size;
}

/** Returns the additions to a log since the last call. */
export interface LogTail {
  next(): Promise<readonly LogLine[]>;
}

/** Most that is read at once, in bytes. */
const CHUNK_BYTES = 1_048_576;

/** @param from - Number of bytes that were already read. A file that is shorter was cut, so it is read from its beginning. */
export function logTail({ process, path }: LogSource, from: number): LogTail {
  let offset = from;
  let rest = Buffer.alloc(0);
  return {
    async next() {
      const file = await open(path).catch(() => undefined);
      if (file === undefined) return [];
      try {
        const { size } = await file.stat();
        if (size < offset) {
          offset = 0;
          rest = Buffer.alloc(0);
        }
        const { bytesRead, buffer } = await file.read(
          Buffer.alloc(Math.min(CHUNK_BYTES, size - offset)),
          0,
          undefined,
          offset,
        );
        offset += bytesRead;
        const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const end = bytes.lastIndexOf("\n") + 1;
        rest = bytes.length - end > LINE_LIMIT ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end));
        return bytes
          .subarray(0, end)
          .toString("utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => parseLine(process, line.slice(0, LINE_LIMIT)));
      } finally {
        await file.close();
      }
    },
  };
}
