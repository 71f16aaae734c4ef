/**
 * Records which Pulumi run belongs to which `kit`, while it runs. The next command can then distinguish a run whose `kit` was
 * killed (it ends that run in order) from a run that a living `kit` waits for (it does not touch that one).
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processStart } from "../../components/machine/process-identity.ts";

/** A process by id and start time. */
interface ProcessIdentity {
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** The record of one run. */
export interface RunRecord {
  readonly operation: string;
  readonly kit: ProcessIdentity;
  readonly engine: ProcessIdentity;
  /** True after the run was asked to end. */
  readonly cancelling: boolean;
}

const fileOf = (stateDir: string): string => join(stateDir, "run.json");

/** Writes the record of a new run. */
export async function writeRunRecord(
  stateDir: string,
  run: { operation: string; enginePid: number; cancelling: boolean },
): Promise<void> {
  const identity = async (pid: number): Promise<ProcessIdentity> => ({
    pid,
    startedAt: (await processStart(pid))?.toISOString() ?? "",
  });
  const record: RunRecord = {
    operation: run.operation,
    kit: await identity(process.pid),
    engine: await identity(run.enginePid),
    cancelling: run.cancelling,
  };
  await writeFile(fileOf(stateDir), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** Removes the record: the run has ended. */
export async function removeRunRecord(stateDir: string): Promise<void> {
  await rm(fileOf(stateDir), { force: true });
}

async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const start = await processStart(identity.pid);
  return start !== undefined && Math.abs(start.getTime() - Date.parse(identity.startedAt)) < 1_000;
}

async function readRunRecord(stateDir: string): Promise<RunRecord | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(fileOf(stateDir), "utf8"));
    return isRunRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRunRecord(value: unknown): value is RunRecord {
  const isIdentity = (part: unknown): boolean =>
    typeof part === "object" &&
    part !== null &&
    "pid" in part &&
    typeof part.pid === "number" &&
    "startedAt" in part &&
    typeof part.startedAt === "string";
  return (
    typeof value === "object" &&
    value !== null &&
    "kit" in value &&
    isIdentity(value.kit) &&
    "engine" in value &&
    isIdentity(value.engine)
  );
}

const CANCEL_LIMIT_MS = 45_000;
const TERMINATE_LIMIT_MS = 10_000;
const CHECK_MS = 100;

/**
 * Ends the run that an interrupted `kit` left behind, so that its lock is released. If the run's `kit` still lives, it only
 * waits for a run that is already being cancelled.
 */
export async function settleInterruptedRun(stateDir: string, say: (line: string) => void): Promise<void> {
  const record = await readRunRecord(stateDir);
  if (record === undefined || !(await isAlive(record.engine))) return;
  const orphaned = !(await isAlive(record.kit));
  if (!orphaned && !record.cancelling) return;
  say(
    orphaned
      ? `Ending the ${record.operation} (process ${record.engine.pid}) whose kit was killed`
      : `Waiting for the ${record.operation} (process ${record.engine.pid}) that is being cancelled`,
  );
  if (orphaned) signal(record.engine.pid, "SIGINT");
  if (await ended(record.engine, CANCEL_LIMIT_MS)) return;
  // A second SIGINT makes the engine abandon operations in progress; the next run repairs the resources.
  signal(record.engine.pid, "SIGINT");
  if (await ended(record.engine, TERMINATE_LIMIT_MS)) return;
  signal(record.engine.pid, "SIGKILL");
  await ended(record.engine, TERMINATE_LIMIT_MS);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // The run has already ended.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function ended(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const limit = performance.now() + limitMs;
  while (await isAlive(identity)) {
    if (performance.now() > limit) return false;
    await delay(CHECK_MS);
  }
  return true;
}
