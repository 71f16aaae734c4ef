import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { endChild } from "../../saga/servers/child.ts";

/** A server that a test started; ended by its own handle. */
export interface ServerProcess {
  readonly name: string;
  readonly child: ChildProcess;
  /** Ends it: SIGTERM, then SIGKILL after the grace. */
  stop(graceMs?: number): Promise<void>;
  /** The last lines it wrote. */
  lastLines(): Promise<string>;
  /** @throws {Error} with its last lines when it has ended, or could not be started. */
  mustRun(what: string): Promise<void>;
  /**
   * Waits until a condition holds.
   * @throws {Error} with the server's last lines when it ends before, or the limit passes.
   */
  until(what: string, condition: () => Promise<boolean>, limitMs: number): Promise<void>;
}

const POLL_MS = 50;
const DEFAULT_GRACE_MS = 5_000;

/** A command whose process gets a signal when this process ends, even when it is killed; on Linux, where the kernel sees to it. */
export function endingWithParent(command: readonly string[], signal: "INT" | "KILL"): readonly string[] {
  return process.platform === "linux" ? ["setpriv", "--pdeathsig", signal, "--", ...command] : command;
}

/**
 * Starts a server with its output in `<folder>/<name>.log`, in `workDir` (default: the same folder). It ends with this process, however this process ends:
 * on Linux the kernel sees to it even when this process is killed.
 */
export function startServer(
  name: string,
  command: readonly string[],
  options: { readonly folder: string; readonly workDir?: string; readonly env?: Readonly<Record<string, string>> },
): ServerProcess {
  const log = join(options.folder, `${name}.log`);
  const output = openSync(log, "a", 0o600);
  const [program = "", ...args] = endingWithParent(command, "KILL");
  const child = spawn(program, args, {
    cwd: options.workDir ?? options.folder,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  const onExit = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", onExit);
  child.once("exit", () => process.removeListener("exit", onExit));
  const lastLines = async (): Promise<string> => (await readFile(log, "utf8")).trim().split("\n").slice(-15).join("\n");
  const server: ServerProcess = {
    name,
    child,
    lastLines,
    stop: async (graceMs = DEFAULT_GRACE_MS) => {
      if (failure === undefined) await endChild(child, graceMs);
    },
    mustRun: async (what) => {
      if (failure !== undefined)
        throw new Error(`${name} could not be started: ${failure.message}.`, { cause: failure });
      const ended = child.exitCode ?? child.signalCode;
      if (ended !== null) throw new Error(`${name} ended (${ended}) while waiting for ${what}:\n${await lastLines()}`);
    },
    until: (what, condition, limitMs) => untilAlive([server], what, condition, limitMs),
  };
  return server;
}

/**
 * Waits until a condition holds that several servers bring about together. A condition that throws does not hold yet.
 * @throws {Error} at once when one of them has ended, with its last lines; when the limit passes, with those of all.
 */
export async function untilAlive(
  servers: readonly ServerProcess[],
  what: string,
  condition: () => Promise<boolean>,
  limitMs: number,
): Promise<void> {
  const end = performance.now() + limitMs;
  let cause: unknown;
  const holds = async (): Promise<boolean> => {
    try {
      return await condition();
    } catch (error) {
      cause = error;
      return false;
    }
  };
  while (!(await holds())) {
    for (const server of servers) await server.mustRun(what);
    if (performance.now() > end) {
      const words = await Promise.all(servers.map(async (server) => `${server.name}:\n${await server.lastLines()}`));
      throw new Error(`Waited ${limitMs} ms for ${what}.\n${words.join("\n")}`, { cause });
    }
    await pause(POLL_MS);
  }
}
