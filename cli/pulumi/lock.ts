/** Locks of Pulumi's file backend: their holders, and whether these still run. */
import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { processStart } from "../../components/machine/process-identity.ts";

/** Content of a lock file, as the backend writes it. */
export interface StackLock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  /** When the lock was taken. */
  readonly timestamp: Date;
}

/** The system's information about a lock's holder. */
export interface LockFacts {
  readonly hostname: string;
  /** Start time of the process with the lock's id; absent if there is none. */
  readonly holderStartedAt?: Date;
}

/** Parses a lock file's text; `undefined` if it is invalid (half written, foreign). */
export function parseLock(content: string): StackLock | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number")
      return undefined;
    const word = (key: string): string => {
      const found: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
      return typeof found === "string" ? found : "";
    };
    return {
      pid: value.pid,
      username: word("username"),
      hostname: word("hostname"),
      timestamp: new Date(word("timestamp")),
    };
  } catch {
    return undefined;
  }
}

/** Start times of processes are exact to a clock tick, boot time to a second. */
const START_TOLERANCE_MS = 2_000;

/**
 * Whether a lock outlived its holder: it was taken on this machine, and the process is gone or started after the lock was taken
 * (the id was reused). A lock of another machine is never stale.
 */
export function isStale(lock: StackLock, facts: LockFacts): boolean {
  if (lock.hostname !== facts.hostname) return false;
  if (facts.holderStartedAt === undefined) return true;
  return facts.holderStartedAt.getTime() > lock.timestamp.getTime() + START_TOLERANCE_MS;
}

/** A valid lock. */
export interface HeldLock extends StackLock {
  readonly file: string;
}

/**
 * Reads a stack's locks and removes those whose holder is dead.
 * @param backendDir - Folder of the file backend (it contains `.pulumi`).
 * @returns the first valid lock, and the number of removed stale ones.
 */
export async function clearStaleLocks(
  backendDir: string,
  project: string,
  stack: string,
): Promise<{ held?: HeldLock; removed: number }> {
  const folder = join(backendDir, ".pulumi", "locks", "organization", project, stack);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  let held: HeldLock | undefined;
  let removed = 0;
  for (const name of names) {
    const file = join(folder, name);
    const lock = parseLock(await readFile(file, "utf8").catch(() => ""));
    const holderStartedAt = lock === undefined ? undefined : await processStart(lock.pid);
    // A partial file comes from a run that was killed while it wrote; it names no holder.
    if (
      lock === undefined ||
      isStale(lock, { hostname: hostname(), ...(holderStartedAt === undefined ? {} : { holderStartedAt }) })
    ) {
      await rm(file, { force: true });
      await rm(`${file}.attrs`, { force: true });
      removed += 1;
    } else {
      held ??= { ...lock, file };
    }
  }
  return { removed, ...(held === undefined ? {} : { held }) };
}

/** Describes a lock: holder, machine, start time. */
export function describeLock(lock: StackLock): string {
  return `process ${lock.pid} of ${lock.username}@${lock.hostname}, since ${lock.timestamp.toISOString()}`;
}
