/** `up` as a function, for the commands that bring the platform up. */
import { join } from "node:path";
import { wantedFingerprintVariable } from "../../components/plan/digest.ts";
import type { CommandContext } from "../context.ts";
import { readDeclaration } from "../declaration/declaration.ts";
import { KitError } from "../errors.ts";
import type { EngineOutcome } from "../pulumi/engine.ts";
import { claimStack, ensureStack, mendState, outcomeError, runEngine } from "../pulumi/engine.ts";
import type { EngineProgress, ExpectedCounts } from "../pulumi/progress.ts";
import { notableWarnings, openLines, progressLines } from "../pulumi/progress.ts";
import { locateStack } from "../pulumi/stack.ts";
import { colorsFor } from "../terminal/output.ts";
import type { ProgressReporter } from "../terminal/progress.ts";
import { progressReporter } from "../terminal/progress.ts";
import { terminalLines, terminalText } from "../terminal/terminal-text.ts";
import { preparedTools } from "../tools.ts";
import { insistOnDigest } from "./plan-digest.ts";
import type { PlatformStatus } from "./platform-status.ts";
import { observePlatform } from "./platform-status.ts";
import { checkStateFolder } from "./preflight.ts";

/** Result of an `up`. */
export interface BringUpResult {
  readonly status: PlatformStatus;
  /** Number of resources by operation. */
  readonly changes: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
}

/** Interval of progress messages without a terminal. */
const PLAIN_INTERVAL_MS = 2_000;

/**
 * Brings the platform to the declaration. All refusals come before the first resource changes.
 * @param digest - Of a diff: another plan, or another base, is refused.
 * @throws KitError and the tools' errors.
 */
export async function bringUp(context: CommandContext, stack: string, digest?: string): Promise<BringUpResult> {
  const started = context.now();
  const reporter = progressReporter(context);
  const files = await locateStack({ projectDir: context.projectDir, stateDir: context.stateDir, stack });
  const { expected, insisted } = await reporter.step("Declaration", async () => {
    const declaration = await readDeclaration(context, stack);
    const fingerprint =
      digest === undefined
        ? undefined
        : await insistOnDigest(digest, declaration.plan, declaration.stack, files.stateFile);
    await checkStateFolder(context.stateDir);
    return {
      expected: declaration.expected,
      insisted: fingerprint === undefined ? {} : { [wantedFingerprintVariable]: fingerprint },
    };
  });
  await reporter.step("Tools", async (say) => preparedTools(say, reporter.live));
  const environment = { ...(await engineEnvironment(context)), ...insisted };
  const notes: string[] = [];
  await claimStack(context.stateDir, files, (line) => notes.push(line));
  for (const note of notes) context.stderr.write(`${note}\n`);
  await ensureStack({ files, environment, stateDir: context.stateDir });
  const mended = await mendState({ files, environment, stateDir: context.stateDir });
  if (mended.grants > 0)
    context.stderr.write(
      `${mended.grants} access rules of an earlier run were not confirmed; they are created again\n`,
    );
  if (mended.creations > 0)
    context.stderr.write(
      `${mended.creations} creations were under way when an earlier run was killed; they are finished\n`,
    );
  const outcome = await runWithProgress(context, reporter, expected, "Platform", (onProgress) =>
    runEngine({
      operation: "up",
      projectDir: context.projectDir,
      stateDir: context.stateDir,
      files,
      environment,
      onProgress,
    }),
  );
  reportOutcome(context, outcome);
  const error = outcomeError(outcome, environment);
  if (error !== undefined) throw error;
  const status = await observePlatform(context.stateDir, stack);
  if (status.state !== "running") {
    const missing = status.processes.filter((process) => process.state !== "running").map((process) => process.name);
    throw new KitError(
      "KIT_PLATFORM_NOT_RUNNING",
      missing.length === 0 ? status.state : `${missing.join(", ")} ended right after the start`,
      {
        fix: "The log file of each process is listed by `npx kit status`.",
      },
    );
  }
  return { status, changes: outcome.progress.changes, elapsedMs: context.now() - started };
}

/** Environment for the CLI: the caller's own, with the toolchain's additions. */
export async function engineEnvironment(context: CommandContext): Promise<NodeJS.ProcessEnv> {
  const { pulumiEnvironment } = await import("../../toolchain/pulumi/pulumi-environment.ts");
  return {
    ...context.env,
    ...(await pulumiEnvironment({ stateDir: context.stateDir, projectDir: context.projectDir })),
  };
}

/** Runs the engine as one step; fails the step when the engine fails, and still returns the outcome. */
export async function runWithProgress(
  context: CommandContext,
  reporter: ProgressReporter,
  expected: ExpectedCounts,
  title: string,
  run: (onProgress: (progress: EngineProgress) => void) => Promise<EngineOutcome>,
): Promise<EngineOutcome> {
  const holder: { outcome?: EngineOutcome } = {};
  try {
    await reporter.step(title, async (say) => {
      let lastSaid = context.now();
      const outcome = await run((progress) => {
        const now = context.now();
        if (!reporter.live && now - lastSaid < PLAIN_INTERVAL_MS) return;
        lastSaid = now;
        say(openLines(progress, expected).join(", "));
      });
      holder.outcome = outcome;
      if (!outcome.succeeded) throw new StepFailed();
      if (!reporter.live) say(progressLines(outcome.progress).join(", "));
    });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  }
  if (holder.outcome === undefined) throw new Error("The engine ended without an outcome.");
  return holder.outcome;
}

/** Marks the step as failed; the message comes from the outcome. */
class StepFailed extends Error {}

/** Shows warnings and, after a failed run, each failed resource with its provider's message. */
export function reportOutcome(context: CommandContext, outcome: EngineOutcome): void {
  const colors = colorsFor(context.stderr, context.env);
  for (const warning of notableWarnings(outcome.progress))
    context.stderr.write(`${colors.yellow("warning")} ${terminalLines(warning)}\n`);
  const shown = outcome.failures.slice(0, 5);
  for (const failure of shown) {
    const words = failure.messages
      .join("\n")
      .split("\n")
      .map((line) => `    ${terminalText(line)}`)
      .join("\n");
    context.stderr.write(`\n${colors.red("failed")} ${colors.bold(failure.what)}\n${words}\n`);
  }
  const more = outcome.failures.length - shown.length;
  if (more > 0) context.stderr.write(`\nand ${more} more; all of it is in ${join(context.stateDir, "pulumi.log")}\n`);
  if (shown.length > 0) context.stderr.write("\n");
}
