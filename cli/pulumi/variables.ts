/** The environment for plain `pulumi` on the local platform. */

import type { CommandContext } from "../context.ts";
import { engineEnvironment } from "../platform/bring-up.ts";
import { checkStateFolder } from "../platform/preflight.ts";
import { ensureStack } from "./engine.ts";
import { locateStack } from "./stack.ts";

/** Makes the stack if it does not exist and returns the variables that differ from the caller's environment. */
export async function pulumiVariables(
  context: CommandContext,
  stack: string,
): Promise<Readonly<Record<string, string>>> {
  const files = await locateStack({ projectDir: context.projectDir, stateDir: context.stateDir, stack });
  await checkStateFolder(context.stateDir, 0);
  const environment = await engineEnvironment(context);
  await ensureStack({ files, environment, stateDir: context.stateDir });
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && context.env[name] !== value) variables[name] = value;
  }
  // Every option of the CLI has such a variable; this one keeps the salt out of the shared stack file.
  variables.PULUMI_OPTION_CONFIG_FILE = files.configFile;
  return Object.fromEntries(Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Lines for `eval` in a POSIX shell; every value is quoted. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}
