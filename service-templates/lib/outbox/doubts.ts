/**
 * Tracks refusals that may be temporary. A broker that has just started rejects existing topics, and a registry that
 * has just started rejects existing schemas. So a refusal counts as final only after it has lasted. Until then the
 * relay skips the rows that it concerns and retries them every second.
 */

/** What a doubt holds back: a topic, or one key of it. */
export interface Hold {
  readonly topic: string;
  /** Null means the whole topic. */
  readonly key: Buffer | null;
}

interface Doubt extends Hold {
  readonly since: number;
  seenAt: number;
}

/** A refusal that lasts this long counts as final, in milliseconds. */
export const BELIEVED_AFTER_MS = 10_000;
const TRY_AGAIN_MS = 1_000;
/** A refusal that was not seen for this long counts as a new one, in milliseconds. */
const FORGOTTEN_AFTER_MS = 60_000;

export interface Doubts {
  /** Records a refusal. @returns whether it counts as final. */
  note(name: string, hold: Hold): boolean;
  /** Returns what is skipped now. */
  holds(): readonly Hold[];
  /** Returns whether any refusal is recorded. */
  any(): boolean;
  /** Removes the refusal with this name, because the broker or registry accepts it now. */
  clear(name: string): void;
  /** Drops all refusals that are not final: during an outage they prove nothing. */
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
