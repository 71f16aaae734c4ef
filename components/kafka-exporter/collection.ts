/** Collects on a clock of its own, so that scrapes cost brokers nothing, however many there are. */

export interface CollectionOptions {
  /** Reads everything and gives it as text. */
  readonly collect: () => Promise<string>;
  /** Milliseconds from the start of one collection to the next. @default 15000 */
  readonly everyMs?: number;
  /** Milliseconds after which what was collected is not shown any more. @default 60000 */
  readonly keptMs?: number;
  /** Monotone milliseconds. */
  readonly now: () => number;
  /** Told when collecting begins to fail, each time with another reason, and when it works again. */
  readonly onChange: (failure: string | undefined) => void;
}

export interface Collection {
  /** What was collected last, or why nothing is shown. */
  current(): { readonly text: string } | { readonly failure: string };
  /** Collects until the signal is aborted. */
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
      // Old figures must not look like new ones: a lag that stands still would hide an outage.
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

/** Resolves after the time, or when the signal is aborted. */
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
