/** Starts a program of test/bench. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CommandContext } from "./context.ts";
import { KitError } from "./errors.ts";
import { watchInterruptions } from "./interruption.ts";

/**
 * Runs `test/bench/<name>.ts`, which prints its table and writes its JSON.
 * @returns its exit code.
 * @throws KitError `KIT_USAGE` when there is none of that name.
 */
export async function runBenchmark(context: CommandContext, name: string, options: { out: string | undefined; json: boolean }): Promise<number> {
  const folder = join(context.projectDir, "test", "bench");
  const program = join(folder, `${name}.ts`);
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(program)) {
    const names = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".ts")).map((file) => file.slice(0, -3)).sort();
    throw new KitError("KIT_USAGE", `There is no benchmark ${JSON.stringify(name)}; there are: ${names.join(", ") || "none"}.`);
  }
  const out = options.out === undefined ? join(context.stateDir, `bench-${name}.json`) : resolve(options.out);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, "--out", out, ...(options.json ? ["--json"] : [])], {
    cwd: context.projectDir, env: context.env, stdio: "inherit",
  });
  const watch = watchInterruptions((count) => child.kill(count === 1 ? "SIGINT" : "SIGKILL"));
  try {
    return await new Promise<number>((done, reject) => {
      child.once("error", reject);
      child.once("close", (code) => done(code ?? 1));
    });
  } finally {
    watch.stop();
  }
}
