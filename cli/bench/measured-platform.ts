/** The platform under measurement: a new one for the benchmark, or the running one. */
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { loadTarget } from "../load/load-target.ts";
import type { LoadTarget } from "../load/open-loop.ts";
import type { PlatformAccess } from "../platform/platform-access.ts";
import { openPlatform } from "../platform/platform-access.ts";
import type { ProcessDocument } from "../platform/platform-status.ts";
import { observePlatform } from "../platform/platform-status.ts";
import { requiredPart } from "../project/load-project.ts";

/** An open platform. */
export interface BenchPlatform {
  readonly target: LoadTarget;
  /** Connections to the servers; closed after the work. */
  readonly access: PlatformAccess;
  readonly processes: readonly ProcessDocument[];
}

const DEFAULT_PORT_BASE = "27000";
const MAIN = join(import.meta.dirname, "..", "main.mjs");

/**
 * Runs work on a platform. A new platform is always deleted afterwards.
 * @param running - True: the platform of the context's state directory, which stays unchanged.
 * @throws KitError `KIT_PLATFORM_NOT_RUNNING`, `KIT_BENCH_FAILED`, `KIT_CANCELLED`.
 */
export async function withPlatform<T>(
  context: CommandContext,
  options: { readonly running: boolean; readonly signal: AbortSignal },
  work: (platform: BenchPlatform) => Promise<T>,
): Promise<T> {
  if (options.running) return await onPlatform(context, work);
  const folder = await mkdtemp(join(tmpdir(), "kit-bench-"));
  // PostgreSQL runs as an unprivileged user, who needs access to the parent folders.
  await chmod(folder, 0o755);
  const stateDir = join(folder, "state");
  try {
    await kit(context, stateDir, ["up"]);
    if (options.signal.aborted) throw new KitError("KIT_CANCELLED", "benchmark");
    return await onPlatform({ ...context, stateDir }, work);
  } finally {
    // Removes only records of processes that have ended: without its record, a remaining process could not be found again.
    const ended = await kit(context, stateDir, ["down", "--delete-data"]).then(
      () => true,
      () => false,
    );
    if (ended) await rm(folder, { recursive: true, force: true });
    else
      context.stderr.write(
        `What is left stands in ${stateDir}; end it with: KIT_STATE_DIR=${stateDir} npx kit down --delete-data\n`,
      );
  }
}

async function onPlatform<T>(context: CommandContext, work: (platform: BenchPlatform) => Promise<T>): Promise<T> {
  const status = await observePlatform(context.stateDir, "local");
  if (status.state !== "running") throw new KitError("KIT_PLATFORM_NOT_RUNNING", status.state);
  const [target, access] = await Promise.all([
    loadTarget(context, await requiredPart(context.projectDir, "load", "the benchmark")),
    openPlatform(context),
  ]);
  try {
    return await work({ target, access, processes: status.processes });
  } finally {
    await access.close();
  }
}

/** Runs `kit` with its progress on this process's stderr; ignores its result. */
async function kit(context: CommandContext, stateDir: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args, "--json"], {
    cwd: context.projectDir,
    env: {
      ...context.env,
      KIT_STATE_DIR: stateDir,
      // A build of Prometheus beside a measurement would distort it.
      KIT_OBSERVABILITY: context.env.KIT_OBSERVABILITY ?? "metrics",
      KIT_PORT_BASE: context.env.KIT_BENCH_PORT_BASE ?? DEFAULT_PORT_BASE,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new KitError("KIT_BENCH_FAILED", `kit ${args.join(" ")} ended with ${code}`);
}
