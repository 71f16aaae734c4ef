/** Ctrl-C and similar signals: the first requests an orderly end, later ones a faster end. */

/** Time in which repeated signals count as one: a terminal and a parent process both deliver the same Ctrl-C. */
const SAME_SIGNAL_MS = 400;
const PARENT_CHECK_MS = 500;

/** Handles interruptions while it is active. */
export interface InterruptionWatch {
  /** Number of requested interruptions. */
  readonly count: () => number;
  /** Stops handling; signals have their ordinary effect again. */
  readonly stop: () => void;
}

/**
 * Calls back on SIGINT, SIGTERM, SIGHUP, and once when the parent process has ended (it was killed, and with it the program
 * that waited for this command).
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
