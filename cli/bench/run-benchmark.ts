/** Starts a benchmark: a program of test/bench, or one that the project declares. */
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../errors.ts";
import { EXIT, KitError } from "../errors.ts";
import { loadProject } from "../project/load-project.ts";
import { watchInterruptions } from "../terminal/interruption.ts";

/**
 * Runs a benchmark's program, which prints its tables and writes its JSON.
 * @param args - The program's own arguments.
 * @returns its exit code.
 * @throws KitError `KIT_USAGE` for an unknown name.
 */
export async function runBenchmark(context: CommandContext, name: string, args: readonly string[]): Promise<ExitCode> {
  const programs = await benchmarkPrograms(context.projectDir);
  const program = programs.get(name);
  if (program === undefined)
    throw new KitError(
      "KIT_USAGE",
      `There is no benchmark ${JSON.stringify(name)}; there are: ${[...programs.keys()].toSorted().join(", ") || "none"}.`,
    );
  const out = join(context.stateDir, `bench-${name}.json`);
  // The last `--out` takes precedence.
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, "--out", out, ...args], {
    cwd: context.projectDir,
    env: context.env,
    stdio: "inherit",
  });
  const watch = watchInterruptions((count) => child.kill(count === 1 ? "SIGINT" : "SIGTERM"));
  try {
    const code = await new Promise<number | null>((done, reject) => {
      child.once("error", reject);
      child.once("close", done);
    });
    return Object.values(EXIT).find((known) => known === code) ?? EXIT.no;
  } finally {
    watch.stop();
  }
}

/** Paths of programs by name: those of test/bench, and the project's. */
async function benchmarkPrograms(projectDir: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(projectDir, "test", "bench");
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".ts"));
  const { benchmarks = {} } = await loadProject(projectDir);
  return new Map([
    ...files.map((file) => [file.slice(0, -3), join(folder, file)] as const),
    ...Object.entries(benchmarks).map(([name, { program }]) => [name, join(projectDir, program)] as const),
  ]);
}
