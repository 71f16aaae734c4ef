/** `down` as a function, for the commands that stop the platform. */
import { existsSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { claimStack } from "../pulumi/engine.ts";
import { locateStack } from "../pulumi/stack.ts";
import type { ProgressReporter } from "../terminal/progress.ts";
import { progressReporter } from "../terminal/progress.ts";
import type { PlatformState } from "./platform-status.ts";
import { observePlatform, substrateFolder } from "./platform-status.ts";

/** Result of a `down`; the document of `kit down --json`. */
export interface BringDownResult {
  readonly stack: string;
  readonly state: PlatformState;
  /** Names of the stopped processes. */
  readonly stopped: readonly string[];
  readonly deleted: boolean;
  readonly elapsedMs: number;
}

/** What the kit writes to a state directory. All other files belong to the user and stay. */
const STATE_ENTRIES = [
  "local",
  "pulumi",
  "stack",
  "passphrase",
  "credentials.json",
  "status.json",
  "run.json",
  "pulumi.log",
];

/**
 * Stops all processes; with `deleteData` it also removes the kit's files. All that the stack declares is in the state
 * directory, so the result is that of `pulumi destroy`, in half the time and without a working engine. It also works with an
 * incomplete `up`, a broken state, or an empty directory.
 * @throws KitError `KIT_PLATFORM_BUSY`, `KIT_STOP_INCOMPLETE`.
 */
export async function bringDown(
  context: CommandContext,
  options: { stack: string; deleteData: boolean },
): Promise<BringDownResult> {
  const started = context.now();
  const { stateDir } = context;
  const reporter = progressReporter(context);
  const files = await locateStack({ projectDir: context.projectDir, stateDir, stack: options.stack });
  if (existsSync(stateDir)) await claimStack(stateDir, files, (line) => context.stderr.write(`${line}\n`));
  const stopped = await stopEverything(context, reporter);
  if (options.deleteData) {
    await reporter.step("Delete data", async () => deleteState(stateDir));
    return { stack: options.stack, state: "absent", stopped, deleted: true, elapsedMs: context.now() - started };
  }
  const { state } = await observePlatform(stateDir, options.stack);
  return { stack: options.stack, state, stopped, deleted: false, elapsedMs: context.now() - started };
}

async function stopEverything(context: CommandContext, reporter: ProgressReporter): Promise<readonly string[]> {
  const { listProcesses, stopProcesses } = await import("../../components/provider/process/index.ts");
  const folder = substrateFolder(context.stateDir);
  return await reporter.step("Stop", async (say) => {
    const working = new Set<string>();
    try {
      const { stopped } = await stopProcesses(folder, {
        onProgress: ({ name, event }) => {
          if (event === "stopping") working.add(name);
          else working.delete(name);
          if (reporter.live && working.size > 0) say([...working].join(", "));
        },
      });
      return stopped;
    } catch (cause) {
      const left = (await listProcesses(folder)).filter((process) => process.state !== "dead");
      throw new KitError(
        "KIT_STOP_INCOMPLETE",
        left.map((process) => `${process.name} (${process.pid ?? "starting"})`).join(", "),
        { cause },
      );
    }
  });
}

async function deleteState(stateDir: string): Promise<void> {
  for (const entry of STATE_ENTRIES) await rm(join(stateDir, entry), { recursive: true, force: true, maxRetries: 3 });
  const left = await readdir(stateDir).catch(() => undefined);
  for (const name of left ?? []) {
    if (/^events-\d+\.jsonl$/.test(name)) await rm(join(stateDir, name), { force: true });
  }
  if (left !== undefined) {
    // Not empty: it contains files of the user, which stay.
    await rmdir(stateDir).catch(() => {});
  }
}
