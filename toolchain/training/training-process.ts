import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";

import { ToolchainError } from "../errors.ts";

/** A server that was started for a training run. It is always ended with SIGTERM, by its id. */
export interface TrainingProcess {
  /** Resolves when the condition is true. Fails if the server ends before, or on a timeout. */
  until(what: string, condition: () => Promise<boolean>, limitMs: number): Promise<void>;
  /** Ends the server and waits for its exit, during which the JVM assembles the cache. */
  stop(limitMs: number): Promise<void>;
}

const POLL_MS = 100;

/** Starts a server with its output in a file. */
export function startTrainingProcess(
  command: string,
  args: readonly string[],
  options: { cwd: string; log: string },
): TrainingProcess {
  const child = spawn(command, args, { cwd: options.cwd, stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(options.log);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const onExit = (): void => {
    child.kill("SIGTERM");
  };
  process.once("exit", onExit);
  return {
    until: (what, condition, limitMs) => waitUntil(child, options.log, what, condition, limitMs),
    stop: async (limitMs) => {
      try {
        if (!hasEnded(child)) child.kill("SIGTERM");
        const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
        await ended;
        clearTimeout(timer);
      } finally {
        process.removeListener("exit", onExit);
        log.end();
      }
    },
  };
}

async function waitUntil(
  child: ChildProcess,
  log: string,
  what: string,
  condition: () => Promise<boolean>,
  limitMs: number,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (hasEnded(child) || performance.now() > deadline) {
      const text = await readFile(log, "utf8").catch(() => "");
      throw new ToolchainError(
        "TRAINING_FAILED",
        hasEnded(child)
          ? `The training server ended (code ${child.exitCode ?? child.signalCode}) while waiting for ${what}.`
          : `The training server did not reach "${what}" within ${limitMs / 1000} s.`,
        `Repeat; if it stays so, its last lines say why:\n${text.trim().split("\n").slice(-15).join("\n")}`,
      );
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}
