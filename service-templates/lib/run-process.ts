/** Runs a service as a process: signals, uncaught errors, a failed start. */

import { messageOf, ServiceError } from "./errors.ts";
import { takeClientFault } from "./kafka/client-faults.ts";
import type { RunningService } from "./service.ts";

/** The process ends after this time even if the drain hangs, in milliseconds. */
const DRAIN_LIMIT_MS = 9_500;

/**
 * Runs a service as a process. SIGTERM and SIGINT drain it. A failed start is reported, and the process exits with code
 * 1. The process survives a fault of the Kafka client.
 */
export function runProcess(start: () => Promise<RunningService>): void {
  let running: Promise<RunningService> | undefined;
  function end(signal: string): void {
    // A drain that hangs must not keep the process alive: its supervisor would kill it. This way the reason is logged.
    setTimeout(() => {
      process.stderr.write(`drain after ${signal} took longer than ${DRAIN_LIMIT_MS} ms; ending\n`);
      process.exit(1);
    }, DRAIN_LIMIT_MS).unref();
    void (async () => {
      try {
        await (await running)?.stop();
        process.exit(0);
      } catch (error) {
        process.stderr.write(`drain failed: ${messageOf(error)}\n`);
        process.exit(1);
      }
    })();
  }
  process.on("uncaughtException", (error) => {
    if (takeClientFault(error)) {
      process.stderr.write(`the Kafka client failed, and is replaced: ${error.stack}\n`);
      return;
    }
    process.stderr.write(`${error.stack ?? messageOf(error)}\n`);
    process.exit(1);
  });
  process.once("SIGTERM", () => end("SIGTERM"));
  process.once("SIGINT", () => end("SIGINT"));
  running = start();
  running.catch((error: unknown) => {
    const fix = error instanceof ServiceError ? `\n${error.code}: ${error.fix}` : "";
    process.stderr.write(`${messageOf(error)}${fix}\n`);
    process.exit(1);
  });
}
