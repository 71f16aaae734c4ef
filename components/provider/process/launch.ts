/**
 * Starts a program in a session of its own so that the program is never lost, even if its starter is killed at any
 * time. The started shell writes down its identity, then checks whether it is still wanted, then becomes the program. A
 * successor first withdraws the intent, then reads the identity. Either the successor sees the process, or the process
 * sees that it is not wanted; no other case exists.
 */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { providerError, writeFailure } from "../errors.ts";
import type { Privilege } from "./privilege.ts";
import { type ProcessPaths, type RecordedIdentity, readIdentity } from "./record.ts";

// 3: the pid file, opened for append. 4: the intent. Both are already open, so this works without any rights.
const script = `n=$1; shift
if [ -r /proc/self/stat ]; then IFS= read -r s </proc/self/stat; else s="ps $$ $(LC_ALL=C ps -o lstart= -p $$)"; fi
printf '%s %s\\n' "$n" "$s" >&3 || exit 125
IFS= read -r w <&4
[ "$w" = "$n" ] || exit 124
exec "$@" 3>&- 4<&-`;

/** Outcome of an ended process. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that this program just started. */
export interface Launched {
  readonly identity: RecordedIdentity;
  /** Returns the outcome; undefined while the process is alive. */
  outcome(): Outcome | undefined;
  readonly ended: Promise<Outcome>;
  /** Allows this program to end while the process is alive. */
  release(): void;
}

/** Returns the variables that every process inherits. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    ["PATH", "HOME", "LANG", "TZ"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Returns an outcome as text. */
export function outcomeText(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "an unknown outcome";
  return outcome.signal !== null ? `signal ${outcome.signal}` : `exit code ${outcome.code ?? "unknown"}`;
}

/**
 * Polls until the started process has left its trace; undefined if it ended without one, or at the timeout. Each check
 * first reads whether the process has ended, because a short command may leave its trace and end during a check.
 */
export async function awaitTrace<Trace>(
  look: () => Promise<Trace | undefined>,
  hasEnded: () => boolean,
  limitMs: number,
): Promise<Trace | undefined> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const last = hasEnded() || performance.now() > deadline;
    const trace = await look();
    if (trace !== undefined || last) return trace;
    await delay(2);
  }
}

/**
 * Starts the command. The intent must already hold the nonce.
 * @throws `launch-lost` if the started process does not report within 30 s
 */
export async function launch(options: {
  readonly name: string;
  readonly paths: ProcessPaths;
  readonly nonce: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly privilege: Privilege;
}): Promise<Launched> {
  const { name, paths, nonce, privilege } = options;
  const appending = constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND;
  const handles = [];
  try {
    const log = await open(paths.log, appending, 0o600);
    handles.push(log);
    const pidFile = await open(paths.pid, appending | constants.O_TRUNC, 0o600);
    handles.push(pidFile);
    const intent = await open(paths.intent, constants.O_RDONLY);
    handles.push(intent);
    const command = privilege.kind === "namespace" ? [...privilege.wrapper, ...options.command] : options.command;
    const child = spawn("/bin/sh", ["-c", script, "sh", nonce, ...command], {
      detached: true,
      cwd: options.workingDirectory,
      env: { ...inheritedEnvironment(), ...options.env },
      stdio: ["ignore", log.fd, log.fd, pidFile.fd, intent.fd],
      ...(privilege.kind === "user" && { uid: privilege.owner.uid, gid: privilege.owner.gid }),
    });
    let outcome: Outcome | undefined;
    const ended = new Promise<Outcome>((resolve) => {
      child.once("exit", (code, signal) => {
        outcome = { code, signal };
        resolve(outcome);
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const limitSeconds = 30;
    const identity = await awaitTrace(
      () => readIdentity(paths, nonce),
      () => outcome !== undefined,
      limitSeconds * 1000,
    );
    if (identity === undefined) throw providerError("launch-lost", { name, seconds: limitSeconds, logFile: paths.log });
    return { identity, outcome: () => outcome, ended, release: () => child.unref() };
  } catch (error) {
    throw writeFailure(paths.pid, error);
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}
