/** Collects on its own schedule, so that the load on the brokers does not depend on the number of scrapes. */

export interface CollectionOptions {
  /** Reads all figures and returns them as text. */
  readonly collect: () => Promise<string>;
  /**
   * Milliseconds between the starts of two collections.
   * @default 15000
   */
  readonly everyMs?: number;
  /**
   * Milliseconds after which collected figures are no longer served.
   * @default 60000
   */
  readonly keptMs?: number;
  /** Returns monotonic milliseconds. */
  readonly now: () => number;
  /** Called when collections start to fail, when the reason changes, and when they succeed again. */
  readonly onChange: (failure: string | undefined) => void;
}

export interface Collection {
  /** Returns the last collected figures, or why there are none. */
  current(): { readonly text: string } | { readonly failure: string };
  /** Collects until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const EVERY_MS = 15_000;
const KEPT_MS = 60_000;

export function collection({
  collect,
  everyMs = EVERY_MS,
  keptMs = KEPT_MS,
  now,
  onChange,
}: CollectionOptions): Collection {
  let last: { readonly text: string; readonly at: number } | undefined;
  let failure: string | undefined = "nothing was collected yet";

  return {
    current() {
      // Old figures must not look current: a lag that does not change would hide an outage.
      if (last !== undefined && now() - last.at <= keptMs) return { text: last.text };
      return { failure: failure ?? "collecting takes too long" };
    },
    async run(signal) {
      while (!signal.aborted) {
        const begun = now();
        try {
          last = { text: await collect(), at: begun };
          if (failure !== undefined) onChange(undefined);
          failure = undefined;
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          if (reason !== failure) onChange(reason);
          failure = reason;
        }
        await pause(Math.max(0, everyMs - (now() - begun)), signal);
      }
    },
  };
}

/** Resolves after the time, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
