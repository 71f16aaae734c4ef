/** Prometheus' own judge of rules. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What promtool says, and whether it is content. */
export interface Verdict {
  readonly good: boolean;
  readonly text: string;
}

/** Path of promtool; undefined where this machine has none. */
export function findPromtool(path: string = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, "promtool"))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Runs it in a folder. */
export function promtool(program: string, args: readonly string[], folder: string): Promise<Verdict> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, maxBuffer: 16 * 2 ** 20 }, (error, stdout, stderr) => {
      resolve({ good: error === null, text: `${stdout}${stderr}` });
    });
  });
}
