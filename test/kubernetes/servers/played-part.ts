import { setTimeout as pause } from "node:timers/promises";

/** A simulated part of a cluster: it waits for the program's declaration, and answers as the real part would. */
export interface PlayedPart {
  /** Resolves after its answer; rejects with its error, or because it was stopped before. */
  readonly answered: Promise<void>;
  stop(): Promise<void>;
}

/** Environment of a simulated part. */
export interface Play {
  /**
   * Waits until something is declared.
   * @throws {Error} at once when the part is stopped; when the limit passes, with the last mistake.
   */
  declared<T>(what: string, look: () => Promise<T | undefined>): Promise<T>;
  /** Repeats an action until the part is stopped; an error is retried, as a controller does. */
  again(step: () => Promise<void>): void;
  /** Ends what was started, last first, when the part is stopped. */
  endLater(end: () => Promise<void>): void;
}

const POLL_MS = 100;

/**
 * Starts a part in the background.
 * @param limitMs - How long what it waits for may take to be declared.
 */
export function playPart(limitMs: number, play: (play: Play) => Promise<void>): PlayedPart {
  const stopping = new AbortController();
  const ends: (() => Promise<void>)[] = [];
  const loops: Promise<void>[] = [];
  const declared: Play["declared"] = async (what, look) => {
    const limit = performance.now() + limitMs;
    let cause: unknown;
    for (;;) {
      stopping.signal.throwIfAborted();
      const found = await look().catch((error: unknown) => {
        cause = error;
        return undefined;
      });
      if (found !== undefined) return found;
      if (performance.now() > limit) throw new Error(`Waited ${limitMs} ms for ${what} to be declared.`, { cause });
      await pause(POLL_MS);
    }
  };
  const again: Play["again"] = (step) => {
    const loop = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        await step().catch(() => undefined);
        await pause(POLL_MS);
      }
    };
    loops.push(loop());
  };
  const answered = play({ declared, again, endLater: (end) => ends.push(end) });
  // A test that needs the error awaits it; others fail by the missing answer.
  answered.catch(() => undefined);
  return {
    answered,
    async stop() {
      stopping.abort(new Error("stopped before anything was declared"));
      await answered.catch(() => undefined);
      await Promise.all(loops);
      for (const end of ends.toReversed()) await end();
    },
  };
}
