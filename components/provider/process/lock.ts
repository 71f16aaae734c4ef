/**
 * Serialises the starts and stops of a process over all programs that use the state directory. The lock identifies its
 * holder by process id and start time, so the lock of a killed program has no effect.
 */
import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../machine/coded-error.ts";
import { readFacts } from "../../machine/process-identity.ts";
import { providerError, writeFailure } from "../errors.ts";

interface Holder {
  readonly pid: number;
  readonly startTime: string;
  readonly since: string;
}

const ownStart = readFacts(process.pid);

function parseHolder(text: string): Holder | undefined {
  const [pid, since, ...startTime] = text.trim().split(" ");
  return since === undefined || startTime.length === 0
    ? undefined
    : { pid: Number(pid), startTime: startTime.join(" "), since };
}

async function isAlive(holder: Holder): Promise<boolean> {
  const facts = await readFacts(holder.pid);
  return facts !== undefined && !facts.zombie && facts.startTime === holder.startTime;
}

/** Removes a lock whose holder is dead. If another program has acquired the lock meanwhile, that program gets it back. */
async function removeStale(path: string, seen: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) !== seen) {
    await link(aside, path).catch((error: unknown) => {
      if (systemCode(error) !== "EEXIST") throw error;
    });
  }
  await rm(aside, { force: true });
}

/**
 * Runs the work while it holds the lock.
 * @throws `lock-held` if the lock is not free in time
 */
export async function withLock<T>(
  path: string,
  name: string,
  work: () => Promise<T>,
  options: { timeoutSeconds?: number } = {},
): Promise<T> {
  const timeoutSeconds = options.timeoutSeconds ?? 120;
  const deadline = performance.now() + timeoutSeconds * 1000;
  // The lock file is linked into place as a whole, so no process sees a partial lock.
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const announce = async (): Promise<void> => {
    const text = `${process.pid} ${new Date().toISOString()} ${(await ownStart)?.startTime ?? "unknown"}\n`;
    await writeFile(draft, text, { mode: 0o600 }).catch((error: unknown) => Promise.reject(writeFailure(draft, error)));
  };
  try {
    await announce();
    for (;;) {
      try {
        await link(draft, path);
        break;
      } catch (error) {
        // A holder that removed the records of the process also removed our draft.
        if (systemCode(error) === "ENOENT") {
          await announce();
          continue;
        }
        if (systemCode(error) !== "EEXIST") throw writeFailure(path, error);
      }
      const seen = await readFile(path, "utf8").catch(() => undefined);
      if (seen === undefined) continue;
      const holder = parseHolder(seen);
      if (holder === undefined || !(await isAlive(holder))) {
        await removeStale(path, seen);
        continue;
      }
      if (performance.now() > deadline)
        throw providerError("lock-held", { name, holder: holder.pid, since: holder.since, seconds: timeoutSeconds });
      await delay(50);
    }
  } finally {
    await rm(draft, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
