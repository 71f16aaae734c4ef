import { createHash } from "node:crypto";
import { access, constants, mkdir, readFile, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

import { writeDurably } from "../../components/machine/durable-file.ts";
import { cacheDirectory } from "./cache.ts";
import { runCommand } from "./command.ts";
import { parseVersion } from "./versioning.ts";

const PROBE_LIMIT_MS = 15_000;

/** Returns the first executable of this name on the search path; undefined if there is none. */
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

/** Returns whether the path is an executable file. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * Returns the version that a binary reports. A start of the binary takes up to half a second, so the cache keeps the
 * answer under the binary's real path, size and modification time: a replaced binary is asked again.
 *
 * @param parse - Parses the version in the output. Default: the first number of either stream.
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
    // No cached answer.
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

/** Stores the answer if possible. If the cache cannot be written, only the next probe is slower. */
async function keepAnswer(file: string, version: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeDurably(file, version, { mode: 0o644 });
  } catch {
    return;
  }
}
