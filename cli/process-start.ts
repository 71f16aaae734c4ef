/** When a process started: with its id, this is its identity, for ids are used again. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Linux counts start times in ticks of USER_HZ, which is 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

/** Start time of a process; `undefined` when there is none (a zombie counts as none). */
export async function processStart(pid: number): Promise<Date | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return process.platform === "linux" ? await startFromProc(pid) : await startFromPs(pid);
}

async function startFromProc(pid: number): Promise<Date | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const boot = /^btime (\d+)$/m.exec(await readFile("/proc/stat", "utf8").catch(() => ""))?.[1];
  if (stat === undefined || boot === undefined) return undefined;
  // The command's name may hold blanks and brackets: the fields that follow begin after the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") return undefined;
  return new Date((Number(boot) + Number(fields[19]) / TICKS_PER_SECOND) * 1000);
}

async function startFromPs(pid: number): Promise<Date | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)], {
      env: { ...process.env, LC_ALL: "C" },
    });
    const start = new Date(stdout.trim());
    return Number.isNaN(start.getTime()) ? undefined : start;
  } catch {
    return undefined;
  }
}
