/** Ctrl-C and its kin: the first asks for an orderly end, the next ones press harder. */

/** How long repeated signals count as one: a terminal and a parent process both deliver the same Ctrl-C. */
const SAME_SIGNAL_MS = 400;
const PARENT_CHECK_MS = 500;

/** A running watch for interruptions. */
export interface InterruptionWatch {
  /** How often an interruption was asked for. */
  readonly count: () => number;
  /** Ends the watch; signals have their ordinary effect again. */
  readonly stop: () => void;
}

/**
 * Calls back on SIGINT, SIGTERM, SIGHUP, and once when the parent process is gone (it was killed, and with it
 * the program that waited for this command).
 * @param onInterrupt - Gets the number of the interruption, from 1.
 */
export function watchInterruptions(onInterrupt: (count: number) => void): InterruptionWatch {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const parent = process.ppid;
  let count = 0;
  let last = 0;
  const interrupt = (): void => {
    const now = performance.now();
    if (count > 0 && now - last < SAME_SIGNAL_MS) return;
    last = now;
    count += 1;
    onInterrupt(count);
  };
  for (const signal of signals) process.on(signal, interrupt);
  const parentCheck = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(parentCheck);
    interrupt();
  }, PARENT_CHECK_MS);
  parentCheck.unref();
  return {
    count: () => count,
    stop: () => {
      clearInterval(parentCheck);
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
