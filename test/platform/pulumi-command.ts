import type { SpawnSyncReturns } from "node:child_process";
import { spawnSync } from "node:child_process";
import type { KitOptions } from "./kit-command.ts";
import { kitEnvironment, kitJson, PROJECT_DIR } from "./kit-command.ts";
import type { TestPlatform } from "./test-platform.ts";

/** Runs the plain Pulumi CLI on the stack `local`, in the environment that `kit env` documents. */
export async function runPulumi(
  platform: TestPlatform,
  args: readonly string[],
  options: Pick<KitOptions, "projectDir"> = {},
): Promise<SpawnSyncReturns<string>> {
  const variables = await kitJson<Record<string, string>>(platform, ["env"], options);
  return spawnSync("pulumi", [...args, "--stack", "local", "--non-interactive"], {
    cwd: options.projectDir ?? PROJECT_DIR,
    env: { ...kitEnvironment(platform), ...variables },
    encoding: "utf8",
    timeout: 300_000,
  });
}
