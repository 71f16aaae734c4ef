/**
 * One-time preparations of a process. Until all of them are done, a note beside the run record lists the folders that
 * they found empty. An interrupted preparation is not trusted: those folders are emptied and the steps run again. A
 * folder that already had contents is never emptied.
 */
import { access, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../machine/coded-error.ts";
import { writeDurably } from "../../machine/durable-file.ts";
import { providerError } from "../errors.ts";
import type { Launched } from "./launch.ts";
import { outcomeText } from "./launch.ts";
import { logSize, logTail } from "./log-file.ts";
import type { ProcessPaths } from "./record.ts";
import type { ProcessSpecification } from "./specification.ts";

type Step = ProcessSpecification["prepare"][number];

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Undoes an interrupted preparation. */
export async function undoInterrupted(paths: ProcessPaths): Promise<void> {
  let note: string;
  try {
    note = await readFile(paths.preparing, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  for (const path of note.split("\n").filter((line) => line !== "")) {
    if (path.endsWith("/")) {
      for (const entry of await readdir(path).catch(() => []))
        await rm(join(path, entry), { recursive: true, force: true });
    } else {
      await rm(path, { recursive: true, force: true });
    }
  }
  await rm(paths.preparing, { force: true });
}

/** Returns the steps that must run. */
export async function missingSteps(steps: readonly Step[]): Promise<readonly Step[]> {
  const missing = [];
  for (const step of steps) if (!(await exists(step.creates))) missing.push(step);
  return missing;
}

/**
 * Runs the steps in order.
 * @param start - Starts a command as the process itself is started.
 * @throws `preparation-failed`
 */
export async function prepare(
  name: string,
  paths: ProcessPaths,
  steps: readonly Step[],
  directories: readonly string[],
  start: (step: Step) => Promise<Launched>,
): Promise<void> {
  const undo = [];
  for (const directory of directories) {
    const entries = await readdir(directory).catch(() => undefined);
    if (entries?.length === 0) undo.push(`${directory.replace(/\/+$/, "")}/`);
  }
  for (const { creates } of steps) if (!undo.some((folder) => creates.startsWith(folder))) undo.push(creates);
  await mkdir(paths.runFolder, { recursive: true, mode: 0o700 });
  await writeDurably(paths.preparing, `${undo.join("\n")}\n`);
  for (const step of steps) {
    const offset = await logSize(paths.log);
    const launched = await start(step);
    const outcome = await launched.ended;
    if (outcome.code !== 0) {
      const log = await logTail(paths.log, { offset });
      await undoInterrupted(paths);
      throw providerError("preparation-failed", {
        name,
        command: step.command.join(" "),
        outcome: outcomeText(outcome),
        log,
        logFile: paths.log,
      });
    }
  }
  await rm(paths.preparing, { force: true });
}
