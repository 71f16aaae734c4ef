import type { SpawnSyncReturns } from "node:child_process";
import { spawnSync } from "node:child_process";
import { kitEnvironment, kitJson, PROJECT_DIR } from "./kit-command.ts";
import type { TestPlatform } from "./test-platform.ts";

/** Runs the plain Pulumi CLI on the stack `local`, in the environment that `kit env` documents. */
export async function runPulumi(platform: TestPlatform, args: readonly string[]): Promise<SpawnSyncReturns<string>> {
  const variables = await kitJson<Record<string, string>>(platform, ["env"]);
  return spawnSync("pulumi", [...args, "--stack", "local", "--non-interactive"], {
    cwd: PROJECT_DIR,
    env: { ...kitEnvironment(platform), ...variables },
    encoding: "utf8",
    timeout: 300_000,
  });
}
