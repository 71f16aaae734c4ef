/**
 * Runs background work in passes. Each pass does the work that is due, and the loop repeats it. If a pass was full, the
 * next one starts at once. If there was some work, it starts after a short pause. If there was none, it starts after a
 * longer pause or when the loop is woken. Instances can run in parallel if each pass skips the rows that another
 * instance has locked.
 */
import { pause } from "./clock.ts";

/** One kind of work. */
export interface Pass {
  /** Description for logs, for example `booking shipments`. */
  readonly doing: string;
  /** Does the work that is due; returns the number of items. */
  readonly run: () => Promise<number>;
}

export interface WorkLoopOptions {
  readonly passes: readonly Pass[];
  /** Most items per pass. */
  readonly atOnce: number;
  /** Pause after work, so that the next pass finds more items, in milliseconds. @default 250 */
  readonly gatherMs?: number;
  /** Pause if there was no work, in milliseconds. @default 1000 */
  readonly idleMs?: number;
  readonly onError: (error: unknown, doing: string) => void;
}

export interface WorkLoop {
  /** Wakes the loop because there may be work. */
  wake(): void;
  start(): void;
  /** Finishes the current pass, then stops. */
  stop(): Promise<void>;
}

export function workLoop(options: WorkLoopOptions): WorkLoop {
  const { passes, atOnce, gatherMs = 250, idleMs = 1_000, onError } = options;
  const stopping = new AbortController();
  let sleeping = new AbortController();
  let woken = false;
  let loop: Promise<void> | undefined;

  async function attempt({ doing, run }: Pass): Promise<number> {
    if (stopping.signal.aborted) return 0;
    try {
      return await run();
    } catch (error) {
      onError(error, doing);
      return 0;
    }
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = false;
      const done = [];
      for (const pass of passes) done.push(await attempt(pass));
      if (done.includes(atOnce)) continue;
      if (woken || done.some((count) => count > 0)) {
        await pause(gatherMs, stopping.signal);
      } else {
        sleeping = new AbortController();
        await pause(idleMs, AbortSignal.any([sleeping.signal, stopping.signal]));
      }
    }
  }

  return {
    wake() {
      woken = true;
      sleeping.abort();
    },
    start() {
      loop ??= work();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
