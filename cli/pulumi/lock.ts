/** Locks of Pulumi's file backend: who holds one, and whether the holder still lives. */
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

/** What the system says about a lock's holder. */
export interface LockFacts {
  readonly hostname: string;
  /** When the process with the lock's id started; absent when there is none. */
  readonly holderStartedAt?: Date;
}

/** Reads a lock file's text; `undefined` when it is none (half written, foreign). */
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

/** Process start times are known to a clock tick, boot time to a second. */
const START_TOLERANCE_MS = 2_000;

/**
 * Whether a lock outlived its holder: it was taken on this machine, and the process is gone or one
 * that started after the lock was taken (the id was used again). A lock of another machine is never stale.
 */
export function isStale(lock: StackLock, facts: LockFacts): boolean {
  if (lock.hostname !== facts.hostname) return false;
  if (facts.holderStartedAt === undefined) return true;
  return facts.holderStartedAt.getTime() > lock.timestamp.getTime() + START_TOLERANCE_MS;
}

/** A lock that is held. */
export interface HeldLock extends StackLock {
  readonly file: string;
}

/**
 * Looks at a stack's locks and removes those whose holder is dead.
 * @param backendDir - Folder of the file backend (the one that holds `.pulumi`).
 * @returns the first lock that is held, and how many stale ones were removed.
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
    // A torn file comes from a run killed while it wrote it: no one can be named, no one holds it.
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

/** A lock in words: who, where, since when. */
export function describeLock(lock: StackLock): string {
  return `process ${lock.pid} of ${lock.username}@${lock.hostname}, since ${lock.timestamp.toISOString()}`;
}
