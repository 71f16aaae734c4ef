/**
 * Background work in passes: each takes what is due, and the loop repeats it, at once while there is more
 * than one pass takes, after a short pause while there is some, after a longer one or when it is woken
 * while there is none. Instances may work side by side when each pass skips what another one has.
 */
import { pause } from "./clock.ts";

/** One kind of work. */
export interface Pass {
  /** What it does, for logs, for example `booking shipments`. */
  readonly doing: string;
  /** Does what is due; gives back how much it was. */
  readonly run: () => Promise<number>;
}

export interface WorkLoopOptions {
  readonly passes: readonly Pass[];
  /** Most that one pass takes. */
  readonly atOnce: number;
  /** Pause after work, so that the next pass finds more at once, in milliseconds. @default 250 */
  readonly gatherMs?: number;
  /** Pause when there was nothing to do, in milliseconds. @default 1000 */
  readonly idleMs?: number;
  readonly onError: (error: unknown, doing: string) => void;
}

export interface WorkLoop {
  /** There may be something to do. */
  wake(): void;
  start(): void;
  /** Finishes the pass at hand. */
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
