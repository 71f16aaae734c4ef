/** The test ladder, one level after the other, with one sum at the end. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../errors.ts";
import { EXIT, KitError } from "../errors.ts";
import { watchInterruptions } from "../terminal/interruption.ts";
import { colorsFor, writeJson } from "../terminal/output.ts";
import { progressReporter } from "../terminal/progress.ts";
import { formatElapsed } from "../terminal/quantities.ts";
import { preparedTools } from "../tools.ts";
import type { KubernetesPreparation } from "./kubernetes-preparation.ts";
import { startKubernetesPreparation } from "./kubernetes-preparation.ts";
import type { TestCounts } from "./test-report.ts";
import { countsLine, failureLine, readCounts, readFailures, sumCounts } from "./test-report.ts";

/** Test levels in the order in which they run. */
export const RUNGS = ["types", "unit", "engine", "kafka", "saga", "kubernetes"] as const;

/** One of {@link RUNGS}. */
export type Rung = (typeof RUNGS)[number];

/** A level's result. */
export interface RungResult extends TestCounts {
  readonly rung: Rung;
  /** The failures in one line each; empty if all tests passed. */
  readonly failures: readonly string[];
  readonly elapsedMs: number;
}

/**
 * Parses `--only`.
 * @throws KitError `KIT_USAGE` naming the unknown level.
 */
export function parseRungs(only: string | undefined): readonly Rung[] {
  if (only === undefined) return RUNGS;
  const words = only
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  const unknown = words.find((word) => !RUNGS.some((rung) => rung === word));
  if (unknown !== undefined || words.length === 0)
    throw new KitError(
      "KIT_USAGE",
      `There is no rung ${JSON.stringify(unknown ?? "")}; there are ${RUNGS.join(", ")}.`,
    );
  return RUNGS.filter((rung) => words.includes(rung));
}

/** Runs the levels and prints the closing line. */
export async function runTests(
  context: CommandContext,
  options: { rungs: readonly Rung[]; filters: readonly string[]; json: boolean },
): Promise<ExitCode> {
  const reporter = progressReporter(context);
  await reporter.step("Tools", async (say) => preparedTools(say, reporter.live));
  // Built beside the other levels, in the time that they leave.
  const kubernetes = options.rungs.includes("kubernetes") ? startKubernetesPreparation(reporter.live) : undefined;
  try {
    return await climb(context, options, kubernetes);
  } finally {
    kubernetes?.stop();
  }
}

async function climb(
  context: CommandContext,
  options: { rungs: readonly Rung[]; filters: readonly string[]; json: boolean },
  kubernetes: KubernetesPreparation | undefined,
): Promise<ExitCode> {
  const reporter = progressReporter(context);
  const results: RungResult[] = [];
  for (const rung of options.rungs) {
    if (rung === "kubernetes" && kubernetes !== undefined)
      await reporter.step("Kubernetes", async (say) => kubernetes.finished(say));
    const started = context.now();
    heading(context, `${rung}: ${rung === "types" ? "type check" : `test/${rung}`}`);
    const outcome =
      rung === "types" ? await checkTypes(context) : await runRung(context, rung, options.filters, options.json);
    if (outcome.interrupted) throw new KitError("KIT_CANCELLED", rung);
    const result = { rung, ...outcome.counts, failures: outcome.failures, elapsedMs: context.now() - started };
    results.push(result);
    context.stderr.write(`${rung}: ${countsLine(result)} (${formatElapsed(result.elapsedMs)})\n`);
  }
  const total = sumCounts(results);
  sayFailures(context, results);
  if (options.json) writeJson(context, { ...total, rungs: results });
  else context.stdout.write(`${countsLine(total)}\n`);
  return total.failed === 0 ? EXIT.good : EXIT.no;
}

/** Repeats the failures at the end, because the log of a run is long, and often only its end is kept. */
function sayFailures(context: CommandContext, results: readonly RungResult[]): void {
  const colors = colorsFor(context.stderr, context.env);
  for (const { rung, failures } of results) {
    for (const failure of failures) context.stderr.write(`${colors.red("failed")} ${rung}: ${failure}\n`);
  }
}

interface RungOutcome {
  readonly counts: TestCounts;
  readonly failures: readonly string[];
  readonly interrupted: boolean;
}

async function checkTypes(context: CommandContext): Promise<RungOutcome> {
  const { code, interrupted } = await runNode(
    context,
    [join("node_modules", "typescript", "bin", "tsc"), "--noEmit", "-p", "tsconfig.json"],
    true,
  );
  return {
    counts: { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 },
    failures: code === 0 ? [] : ["the type check, see above"],
    interrupted,
  };
}

async function runRung(
  context: CommandContext,
  rung: Rung,
  filters: readonly string[],
  quiet: boolean,
): Promise<RungOutcome> {
  const folder = await mkdtemp(join(tmpdir(), "kit-test-"));
  const file = join(folder, "report.json");
  try {
    const { code, interrupted } = await runNode(
      context,
      [
        join("node_modules", "vitest", "vitest.mjs"),
        "run",
        "--project",
        rung,
        "--passWithNoTests",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${file}`,
        ...filters,
      ],
      quiet,
      file,
    );
    const report: unknown = JSON.parse(await readFile(file, "utf8").catch(() => "{}"));
    const counts = readCounts(report);
    if (code === 0 || counts.failed > 0)
      return { counts, failures: readFailures(report, context.projectDir).map(failureLine), interrupted };
    const without =
      "vitest ended badly without a failed test: an error outside of tests, in set-up or in tear-down, see above";
    return { counts: { ...counts, failed: 1 }, failures: [without], interrupted };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Maximum time for stopping servers after the last test, in milliseconds. */
const TEAR_DOWN_MS = 240_000;
const LOOK_EVERY_MS = 5_000;

/**
 * Runs a script of the project's packages on this Node; its results go to stderr if stdout is for JSON.
 * @param report - File that it writes when only the clean-up is left. A worker that cannot be ended would otherwise keep vitest
 * waiting forever (seen with a test that timed out). It is then ended, which counts as a failure.
 */
async function runNode(
  context: CommandContext,
  args: readonly string[],
  toStderr: boolean,
  report?: string,
): Promise<{ code: number; interrupted: boolean }> {
  const child = spawn(process.execPath, [...args], {
    cwd: context.projectDir,
    // A vitest that runs inside vitest must not use the outer one's settings.
    env: Object.fromEntries(Object.entries(context.env).filter(([name]) => !name.startsWith("VITEST"))),
    stdio: ["ignore", toStderr ? 2 : "inherit", "inherit"],
  });
  const watch = watchInterruptions((count) => child.kill(count === 1 ? "SIGINT" : "SIGTERM"));
  let done: number | undefined;
  const look = setInterval(() => {
    if (report === undefined || !existsSync(report)) return;
    done ??= context.now();
    if (context.now() - done < TEAR_DOWN_MS) return;
    context.stderr.write(
      `The tests are done, but their process did not end within ${TEAR_DOWN_MS / 1_000} s: it is ended now.\n`,
    );
    child.kill("SIGKILL");
  }, LOOK_EVERY_MS);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status) => resolve(status ?? 1));
    });
    return { code, interrupted: watch.count() > 0 };
  } finally {
    clearInterval(look);
    watch.stop();
  }
}

function heading(context: CommandContext, title: string): void {
  context.stderr.write(`\n${colorsFor(context.stderr, context.env).bold(title)}\n`);
}
