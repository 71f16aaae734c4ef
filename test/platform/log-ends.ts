import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const LINES = 6;
const LINE_LENGTH = 240;
/** What every JVM says of its ahead-of-time cache. */
const NOISE = /\]\[warning\]\[aot/;

/**
 * The last lines of every process's log of a platform. One that did not come up is deleted with its logs, and the reason often stands in the
 * log of a process that did start.
 */
export async function logEnds(stateDir: string): Promise<string> {
  const folder = join(stateDir, "local", "logs");
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".log")).sort();
  const ends = await Promise.all(
    files.map(async (file) => {
      const lines = (await readFile(join(folder, file), "utf8")).split("\n");
      const said = lines.filter((line) => line !== "" && !NOISE.test(line)).slice(-LINES);
      return [`${file}:`, ...said.map((line) => `  ${line.slice(0, LINE_LENGTH)}`)].join("\n");
    }),
  );
  return ends.join("\n");
}
