/** One command, with its duration and maximum memory. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { sampling } from "../../../cli/bench/sampling.ts";
import { KitError } from "../../../cli/errors.ts";

/** Result of a command. */
export interface TimedCommand {
  readonly elapsedMs: number;
  /** Highest observed resident size; `null` if the system has no /proc. */
  readonly peakBytes: number | null;
  readonly code: number;
  readonly stdout: string;
}

const LOOK_MS = 20;

/**
 * Runs a command of a project's `kit`.
 * @throws KitError `KIT_BENCH_FAILED` when its exit code is neither 0 nor 1.
 */
export async function timedKit(
  projectDir: string,
  stateDir: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<TimedCommand> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", `${projectDir}/cli/main.mjs`, ...args],
    {
      cwd: projectDir,
      env: { ...process.env, KIT_STATE_DIR: stateDir },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    },
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString("utf8")).slice(-2_000)));
  const stop = sampling(LOOK_MS, async () => await residentPeak(child.pid));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (ended) => resolve(ended ?? -1));
  });
  const elapsedMs = performance.now() - started;
  const peak = Math.max(0, ...(await stop()));
  if (code !== 0 && code !== 1) throw new KitError("KIT_BENCH_FAILED", `kit ${args[0]} ended with ${code}: ${stderr}`);
  return { elapsedMs, peakBytes: peak === 0 ? null : peak, code, stdout };
}

async function residentPeak(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0) * 1_024;
}
