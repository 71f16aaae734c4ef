/**
 * Refusals that may be of the moment: a broker that has just started denies topics, and a registry that has just
 * started denies schemas, that are there. So such a refusal is believed once it has lasted; until then the relay leaves
 * out what it concerns, and tries it again every second.
 */

/** What a doubt keeps back: a topic, or one key of it. */
export interface Hold {
  readonly topic: string;
  /** Null: the whole topic. */
  readonly key: Buffer | null;
}

interface Doubt extends Hold {
  readonly since: number;
  seenAt: number;
}

/** A refusal that lasts for so long is believed. */
export const BELIEVED_AFTER_MS = 10_000;
const TRY_AGAIN_MS = 1_000;
/** After so long without being seen again, a refusal is a new one. */
const FORGOTTEN_AFTER_MS = 60_000;

export interface Doubts {
  /** Notes a refusal. @returns whether it is believed. */
  note(name: string, hold: Hold): boolean;
  /** What is left out at the moment. */
  holds(): readonly Hold[];
  /** Whether anything was refused lately. */
  any(): boolean;
  /** What was refused under this name is accepted now. */
  clear(name: string): void;
  /** The circumstances are bad: whatever they denied counts for nothing. */
  reset(): void;
}

/** @param now - Milliseconds of a monotonic clock. */
export function doubts(now: () => number, believedAfterMs = BELIEVED_AFTER_MS): Doubts {
  const noted = new Map<string, Doubt>();
  const isBelieved = (doubt: Doubt): boolean => doubt.seenAt - doubt.since >= believedAfterMs;
  return {
    note(name, hold) {
      const seenAt = now();
      let doubt = noted.get(name);
      if (doubt === undefined || seenAt - doubt.seenAt > FORGOTTEN_AFTER_MS) {
        doubt = { ...hold, since: seenAt, seenAt };
        noted.set(name, doubt);
      }
      doubt.seenAt = seenAt;
      return isBelieved(doubt);
    },
    holds() {
      if (noted.size === 0) return [];
      const time = now();
      return [...noted.values()]
        .filter((doubt) => !isBelieved(doubt) && time - doubt.seenAt < TRY_AGAIN_MS)
        .map(({ topic, key }) => ({ topic, key }));
    },
    any: () => noted.size > 0,
    clear: (name) => void noted.delete(name),
    reset() {
      for (const [name, doubt] of noted) if (!isBelieved(doubt)) noted.delete(name);
    },
  };
}
