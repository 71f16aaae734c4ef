/**
 * Process control for chaos runs: signals processes of this platform's state directory only, and restores them. A process is
 * identified by its id and start time; another process with the same id is not signalled.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { inspect, isAlive } from "../../components/provider/process/condition.ts";
import { awaitReaped } from "../../components/provider/process/ending.ts";
import type { ProcessStatus } from "../../components/provider/process/index.ts";
import { ensureProcess, listProcesses, pathsOf } from "../../components/provider/process/index.ts";
import type { RecordedIdentity } from "../../components/provider/process/record.ts";
import type { ProcessSpecification } from "../../components/provider/process/specification.ts";
import { specificationDigest } from "../../components/provider/process/specification.ts";
import { KitError } from "../errors.ts";

/** Operations on processes. */
export interface Hands {
  processes(): Promise<readonly ProcessStatus[]>;
  /** Kills processes at once, all together; resolves when they have ended. */
  kill(names: readonly string[]): Promise<void>;
  /** Asks processes to shut down; resolves when they have ended. */
  stop(names: readonly string[], limitMs: number): Promise<void>;
  /** Waits for a process to end by itself; false after a timeout. */
  awaitDeath(name: string, limitMs: number): Promise<boolean>;
  /** Freezes processes; resolves when they are stopped. */
  freeze(names: readonly string[]): Promise<void>;
  /** Continues frozen processes; ignores processes that are not frozen. */
  thaw(names: readonly string[]): Promise<void>;
  /** Starts dead processes as the platform declares them and keeps running ones. Resolves when they are ready. */
  revive(names: readonly string[]): Promise<void>;
  /** Processes that are stopped by a signal. */
  frozen(): Promise<readonly string[]>;
}

/** What the process control needs. */
export interface HandsOptions {
  /** The substrate's folder. */
  readonly folder: string;
  /** A process as declared; `undefined` when the declaration cannot be read. */
  readonly specificationOf: (name: string) => Promise<ProcessSpecification | undefined>;
  /** Brings the whole platform up. */
  readonly bringUp: () => Promise<void>;
}

const GONE_LIMIT_MS = 15_000;
const STANDSTILL_LIMIT_MS = 10_000;
const LOOK_MS = 20;
/** A database in recovery, or a service whose registry has just restarted, may need longer. */
const READY_LIMIT_SECONDS = 180;
const START_ATTEMPTS = 3;
const START_PAUSE_MS = 1_000;

/** @returns process control for one platform. */
export function chaosHands(options: HandsOptions): Hands {
  const { folder } = options;

  async function identityOf(name: string): Promise<RecordedIdentity | undefined> {
    const condition = await inspect(pathsOf(folder, name));
    return isAlive(condition) ? condition.identity : undefined;
  }

  /** Signals a process and its group; returns the processes that it signalled. */
  async function send(name: string, signal: NodeJS.Signals): Promise<RecordedIdentity> {
    const identity = await identityOf(name);
    if (identity === undefined)
      throw new KitError("KIT_CHAOS_FAILED", `${name} does not run, so it cannot get ${signal}`);
    process.kill(-identity.pid, signal);
    return identity;
  }

  async function awaitGone(name: string, limitMs: number): Promise<boolean> {
    const end = performance.now() + limitMs;
    while ((await identityOf(name)) !== undefined) {
      if (performance.now() > end) return false;
      await delay(LOOK_MS);
    }
    return true;
  }

  async function reviveOne(name: string): Promise<void> {
    const wanted = await options.specificationOf(name);
    const condition = await inspect(pathsOf(folder, name));
    if (condition.identity !== undefined && !isAlive(condition)) await awaitReaped(condition.identity);
    // The record describes the process that ran; another digest means that the declaration could not be read back exactly.
    if (
      wanted === undefined ||
      condition.record === undefined ||
      specificationDigest(wanted) !== condition.record.specification
    ) {
      await options.bringUp();
      return;
    }
    const patient = {
      ...wanted,
      readiness: {
        ...wanted.readiness,
        timeoutSeconds: Math.max(READY_LIMIT_SECONDS, wanted.readiness.timeoutSeconds),
      },
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        await ensureProcess(patient);
        return;
      } catch (error) {
        // A server killed a moment ago may still hold memory or ports through processes that are about to end.
        if (attempt === START_ATTEMPTS) throw error;
        await delay(START_PAUSE_MS);
      }
    }
  }

  return {
    processes: () => listProcesses(folder),
    async kill(names) {
      // Reads all identities first, so that the processes of a zone die at the same moment.
      const identities = await Promise.all(names.map(async (name) => ({ name, identity: await identityOf(name) })));
      for (const { name, identity } of identities) {
        if (identity === undefined)
          throw new KitError("KIT_CHAOS_FAILED", `${name} does not run, so it cannot be killed`);
      }
      for (const { identity } of identities) if (identity !== undefined) process.kill(-identity.pid, "SIGKILL");
      for (const { name } of identities) {
        if (!(await awaitGone(name, GONE_LIMIT_MS)))
          throw new KitError("KIT_CHAOS_FAILED", `${name} outlived SIGKILL for ${GONE_LIMIT_MS / 1_000} s`);
      }
    },
    async stop(names, limitMs) {
      await Promise.all(names.map((name) => send(name, "SIGTERM")));
      for (const name of names) {
        if (!(await awaitGone(name, limitMs)))
          throw new KitError("KIT_CHAOS_FAILED", `${name} did not end within ${limitMs / 1_000} s of SIGTERM`);
      }
    },
    awaitDeath: awaitGone,
    async freeze(names) {
      await Promise.all(
        names.map(async (name) => {
          const { pid } = await send(name, "SIGSTOP");
          // On a busy machine a process handles the signal only when it is next scheduled.
          const end = performance.now() + STANDSTILL_LIMIT_MS;
          while (!(await isStopped(pid))) {
            if (!(await isObservable(pid))) return;
            if (performance.now() > end)
              throw new KitError(
                "KIT_CHAOS_FAILED",
                `${name} still runs ${STANDSTILL_LIMIT_MS / 1_000} s after SIGSTOP`,
              );
            await delay(LOOK_MS);
          }
        }),
      );
    },
    async thaw(names) {
      for (const name of names) {
        const identity = await identityOf(name);
        if (identity !== undefined) process.kill(-identity.pid, "SIGCONT");
      }
    },
    async revive(names) {
      await Promise.all(names.map(reviveOne));
    },
    async frozen() {
      const alive = (await listProcesses(folder)).filter(({ pid }) => pid !== undefined);
      const stopped = await Promise.all(
        alive.map(async ({ name, pid }) => ((await isStopped(pid ?? 0)) ? [name] : [])),
      );
      return stopped.flat();
    },
  };
}

/** Whether a signal has stopped a process. Known only on Linux; elsewhere a fault's own record says what was frozen. */
async function isStopped(pid: number): Promise<boolean> {
  const stat = await statOf(pid);
  return /^\s*[Tt]/.test(stat.slice(stat.lastIndexOf(")") + 1));
}

/** Whether this system shows the state of a process. */
async function isObservable(pid: number): Promise<boolean> {
  return (await statOf(pid)) !== "";
}

async function statOf(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
}
