/** Starts a program of test/bench. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./errors.ts";
import { EXIT, KitError } from "./errors.ts";
import { watchInterruptions } from "./terminal/interruption.ts";

/**
 * Runs `test/bench/<name>.ts`, which prints its tables and writes its JSON.
 * @param args - The program's own arguments.
 * @returns its exit code.
 * @throws KitError `KIT_USAGE` when there is none of that name.
 */
export async function runBenchmark(context: CommandContext, name: string, args: readonly string[]): Promise<ExitCode> {
  const folder = join(context.projectDir, "test", "bench");
  const program = join(folder, `${name}.ts`);
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(program)) {
    const names = (await readdir(folder).catch(() => []))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.slice(0, -3))
      .sort();
    throw new KitError(
      "KIT_USAGE",
      `There is no benchmark ${JSON.stringify(name)}; there are: ${names.join(", ") || "none"}.`,
    );
  }
  const out = join(context.stateDir, `bench-${name}.json`);
  // Of two --out the last one counts.
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
