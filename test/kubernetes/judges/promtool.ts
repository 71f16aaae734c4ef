/** Prometheus' own judge of rules. */
import { execFile } from "node:child_process";

/** What promtool says, and whether it is content. */
export interface Verdict {
  readonly good: boolean;
  readonly text: string;
}

/** Runs it in a folder. */
export function promtool(program: string, args: readonly string[], folder: string): Promise<Verdict> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, maxBuffer: 16 * 2 ** 20 }, (error, stdout, stderr) => {
      resolve({ good: error === null, text: `${stdout}${stderr}` });
    });
  });
}
