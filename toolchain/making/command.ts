import { AsyncLocalStorage } from "node:async_hooks";
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";

import { ToolchainError } from "../errors.ts";

/** Options of a command. */
export interface CommandOptions {
  cwd?: string;
  /** Variables that are added to the current environment. */
  env?: Record<string, string>;
  /** Milliseconds until the command's process group is ended. Default: 10 minutes. */
  timeoutMs?: number;
  /** Called with each line of output (both streams), for progress. */
  onLine?: (line: string) => void;
}

/** Result of a command. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

const DEFAULT_TIMEOUT_MS = 10 * 60_000;
const KEPT_OUTPUT = 1_000_000;
/** Set while an action runs in the background. Its commands end when the signal aborts. */
const background = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs an action whose commands get only idle CPU time, so that it does not slow other programs. When the signal
 * aborts, the commands are ended and the action fails.
 */
export function inBackground<Result>(action: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  return background.run(signal, action);
}

/**
 * Runs a command to its end and captures its output. A non-zero exit code is a result, not an error. The command gets
 * its own process group, so that its child processes end with it on a timeout.
 *
 * @throws ToolchainError COMMAND_FAILED if it cannot be started, COMMAND_TIMED_OUT on a timeout.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const endGroup = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // The group no longer exists.
      }
    };
    let timedOut = false;
    let killTimer: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup("SIGTERM");
      killTimer = setTimeout(() => endGroup("SIGKILL"), 5_000);
    }, timeoutMs);
    // A detached group does not get the terminal's Ctrl-C, so the end of this process is passed on.
    const onExit = (): void => endGroup("SIGTERM");
    process.once("exit", onExit);
    const signal = background.getStore();
    if (signal !== undefined) {
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
      signal.addEventListener("abort", onExit);
      if (signal.aborted) onExit();
    }
    const captured = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      let rest = "";
      child[stream].setEncoding("utf8");
      child[stream].on("data", (chunk: string) => {
        captured[stream] = (captured[stream] + chunk).slice(-KEPT_OUTPUT);
        if (options.onLine === undefined) return;
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) options.onLine(line);
      });
    }
    const settle = (): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      process.removeListener("exit", onExit);
      signal?.removeEventListener("abort", onExit);
    };
    child.once("error", (error) => {
      settle();
      reject(
        new ToolchainError(
          "COMMAND_FAILED",
          `Could not start "${command}": ${error.message}.`,
          `Check that "${command}" exists and is executable.`,
          {
            cause: error,
          },
        ),
      );
    });
    child.once("close", (code, endedBy) => {
      settle();
      if (timedOut) {
        reject(
          new ToolchainError(
            "COMMAND_TIMED_OUT",
            `"${commandLine(command, args)}" did not end within ${Math.round(timeoutMs / 1000)} s.`,
            `Run it by hand to see what it waits for. Its last output:\n${lastLines(captured.stderr || captured.stdout)}`,
          ),
        );
        return;
      }
      resolve({ code: code ?? (endedBy === null ? 1 : 128), ...captured });
    });
  });
}

/**
 * Runs a command that must succeed.
 *
 * @throws ToolchainError COMMAND_FAILED with the last lines of its output, if it ends with an error.
 */
export async function runChecked(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(command, args, options);
  if (result.code !== 0) {
    throw new ToolchainError(
      "COMMAND_FAILED",
      `"${commandLine(command, args)}" ended with code ${result.code}:\n${lastLines(result.stderr.trim() || result.stdout)}`,
      "Read its output above; when a package could not be fetched, check the network and repeat: what is done is kept.",
    );
  }
  return result;
}

function commandLine(command: string, args: readonly string[]): string {
  const line = [command, ...args].join(" ");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-15).join("\n");
}
