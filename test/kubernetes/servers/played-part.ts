import { setTimeout as pause } from "node:timers/promises";

/** A part of a cluster that is played: it waits for what the program declares, and answers as the real one would. */
export interface PlayedPart {
  /** Resolves once it has answered; rejects with what went wrong, or because it was stopped before. */
  readonly answered: Promise<void>;
  stop(): Promise<void>;
}

/** What a played part works with. */
export interface Play {
  /**
   * Waits until something is declared.
   * @throws {Error} at once when the part is stopped; when the limit passes, with the last mistake.
   */
  declared<T>(what: string, look: () => Promise<T | undefined>): Promise<T>;
  /** Does something again and again until the part is stopped; a mistake passes, as a controller's does. */
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
  // A test that wants to know awaits it; others see what is missing without it.
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
