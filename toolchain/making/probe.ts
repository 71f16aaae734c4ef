import { createHash } from "node:crypto";
import { access, constants, mkdir, readFile, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

import { writeDurably } from "../../components/machine/durable-file.ts";
import { cacheDirectory } from "./cache.ts";
import { runCommand } from "./command.ts";
import { parseVersion } from "./versioning.ts";

const PROBE_LIMIT_MS = 15_000;

/** The first executable of this name on the search path, or undefined. */
export async function findOnPath(
  name: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  for (const folder of (environment.PATH ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** Whether the path is a file that may be executed. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * The version a binary states of itself. Starting it costs up to half a second, so the answer is kept in the cache
 * under the binary's real path, size and time of change: a replaced binary is asked again.
 *
 * @param parse takes the version out of the output. Default: the first number of either stream.
 */
export async function probeVersion(
  binary: string,
  args: readonly string[],
  parse: (output: string) => string | undefined = parseVersion,
): Promise<string | undefined> {
  let answerFile: string;
  try {
    const path = await realpath(binary);
    const { mtimeMs, size } = await stat(path);
    const key = createHash("sha256")
      .update(JSON.stringify([path, mtimeMs, size, ...args]))
      .digest("hex")
      .slice(0, 24);
    answerFile = join(cacheDirectory(), "probes", key);
  } catch {
    return undefined;
  }
  try {
    return await readFile(answerFile, "utf8");
  } catch {
    // Not asked before.
  }
  let version: string | undefined;
  try {
    const result = await runCommand(binary, args, { timeoutMs: PROBE_LIMIT_MS });
    version = result.code === 0 ? parse(`${result.stdout}\n${result.stderr}`) : undefined;
  } catch {
    return undefined;
  }
  if (version !== undefined) await keepAnswer(answerFile, version);
  return version;
}

/** Best effort: a cache that cannot be written only makes the next probe slower. */
async function keepAnswer(file: string, version: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeDurably(file, version, { mode: 0o644 });
  } catch {
    return;
  }
}
