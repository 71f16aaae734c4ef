/**
 * Ends a process: it sends the signal to the process group, SIGKILL after the grace period, and waits until nothing of
 * it is left.
 */
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../../machine/coded-error.ts";
import { readFacts, sessionMembers } from "../../machine/process-identity.ts";
import { providerError } from "../errors.ts";
import { type Condition, isAlive } from "./condition.ts";
import { awaitFreePorts } from "./ports.ts";
import type { RecordedIdentity } from "./record.ts";

const killLimitSeconds = 10;

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if (systemCode(error) !== "ESRCH") throw error;
  }
}

/** Returns whether exactly the process with this identity is alive. */
export async function isSameAlive(identity: RecordedIdentity): Promise<boolean> {
  const facts = await readFacts(identity.pid);
  return facts !== undefined && !facts.zombie && facts.startTime === identity.startTime;
}

async function isGone(identity: RecordedIdentity): Promise<boolean> {
  if (await isSameAlive(identity)) return false;
  // A foreign process with this number proves that the session has ended.
  if ((await readFacts(identity.pid)) !== undefined && !(await readFacts(identity.pid))?.zombie) return true;
  return (await sessionMembers(identity.pid)).length === 0;
}

async function goneWithin(identity: RecordedIdentity, seconds: number): Promise<boolean> {
  const deadline = performance.now() + seconds * 1000;
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 100)) {
    if (await isGone(identity)) return true;
    if (performance.now() > deadline) return false;
    await delay(pause);
  }
}

/**
 * Waits until the parent of an ended process has reaped it. Some servers only check whether the process id in their
 * lock file exists: PostgreSQL refuses to start beside its own zombie. The first process of a machine may take a second
 * to reap it, that of a container forever, so the wait has a limit.
 */
export async function awaitReaped(identity: RecordedIdentity, limitSeconds = 3): Promise<void> {
  const deadline = performance.now() + limitSeconds * 1000;
  for (;;) {
    const facts = await readFacts(identity.pid);
    if (facts === undefined || facts.startTime !== identity.startTime || performance.now() > deadline) return;
    await delay(25);
  }
}

/**
 * Ends the live parts of a process. It never signals foreign processes. Returns whether the process could shut down
 * cleanly, which a process that was found dead could not.
 * @throws `cannot-stop`, `port-still-taken`
 */
export async function endProcess(name: string, condition: Condition): Promise<"tidily" | "killed"> {
  const { identity, record } = condition;
  if (identity === undefined || record === undefined) return "tidily";
  if (!isAlive(condition) && condition.survivors.length === 0) return "killed";
  const { signal, graceSeconds } = record.stop;
  if (isAlive(condition)) send(-identity.pid, signal);
  for (const survivor of condition.survivors) send(survivor.pid, signal);
  let how: "tidily" | "killed" = isAlive(condition) ? "tidily" : "killed";
  if (!(await goneWithin(identity, graceSeconds))) {
    how = "killed";
    if (await isSameAlive(identity)) send(-identity.pid, "SIGKILL");
    for (const member of await sessionMembers(identity.pid)) send(member.pid, "SIGKILL");
    if (!(await goneWithin(identity, killLimitSeconds)))
      throw providerError("cannot-stop", { name, pid: identity.pid, seconds: killLimitSeconds });
  }
  await awaitFreePorts(name, record.ports);
  return how;
}
