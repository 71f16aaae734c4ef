/**
 * The consumer's loop: join, poll a batch, process it, note the offsets; when the membership breaks,
 * join again. Offsets are committed after the database's commit, gathered over a short interval: the
 * inbox makes redelivery harmless, so an offset commit per batch would only cost replicated writes.
 */
import type { BatchProcessor } from "./batch.ts";
import type { Clock } from "./clock.ts";
import { pause } from "./clock.ts";
import type { RawRecord } from "./envelope.ts";
import type { Position, Subscription } from "./kafka.ts";
import { backoff } from "./retry.ts";

export interface ConsumerOptions {
  readonly subscribe: () => Promise<Subscription>;
  readonly process: BatchProcessor;
  /** Largest batch. @default 200 */
  readonly batch?: number;
  /** Milliseconds over which offsets are gathered before they are committed. @default 200 */
  readonly commitMs?: number;
  /**
   * Milliseconds to let records gather before the next poll. For consumers that nobody waits for:
   * fewer, larger batches cost a fraction of the work. @default 0
   */
  readonly gatherMs?: number;
  readonly clock: Clock;
  readonly onError: (error: unknown, doing: string) => void;
}

export interface EventConsumer {
  start(): void;
  /** True while it is a member of its group and no batch is stuck. */
  healthy(): boolean;
  /** Finishes the batch at hand, commits its offsets, leaves the group. */
  stop(): Promise<void>;
}

/** A batch that makes no progress for this long makes the service not ready. */
const STUCK_AFTER_MS = 30_000;
const LEAVE_LIMIT_MS = 2_000;
/** Pause before offsets that could not be committed are tried again. */
const COMMIT_AGAIN_MS = 1_000;

export function eventConsumer(options: ConsumerOptions): EventConsumer {
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;
  let member = false;
  let busySince: number | undefined;

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      let subscription: Subscription | undefined;
      let commits: Commits | undefined;
      try {
        subscription = await options.subscribe();
        commits = offsetCommits(subscription, options);
        member = true;
        failures = 0;
        await poll(subscription, commits);
      } catch (error) {
        failures += 1;
        options.onError(error, "consuming");
      } finally {
        member = false;
        busySince = undefined;
        // A broken membership's last offsets are not fought for: what comes again is known to the inbox.
        if (stopping.signal.aborted) await commits?.flush();
        commits?.close();
        if (subscription !== undefined) await leave(subscription);
      }
      if (!stopping.signal.aborted) await pause(backoff(failures), stopping.signal);
    }
  }

  /** Leaving asks brokers that may be gone; the next membership does not wait for them. */
  async function leave(subscription: Subscription): Promise<void> {
    const left = subscription.close().catch((error: unknown) => options.onError(error, "leaving the group"));
    await Promise.race([left, pause(LEAVE_LIMIT_MS)]);
  }

  async function poll(subscription: Subscription, commits: Commits): Promise<void> {
    while (!stopping.signal.aborted) {
      const records = await subscription.next(options.batch ?? 200, stopping.signal);
      if (records.length === 0) continue;
      busySince = options.clock();
      // A batch is either done altogether or this throws: then nothing of it is committed.
      await options.process(records, stopping.signal);
      busySince = undefined;
      commits.note(records);
      if (options.gatherMs !== undefined && options.gatherMs > 0) await pause(options.gatherMs, stopping.signal);
    }
  }

  return {
    start() {
      loop ??= run();
    },
    healthy: () => member && (busySince === undefined || options.clock() - busySince < STUCK_AFTER_MS),
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

interface Commits {
  note(records: readonly RawRecord[]): void;
  flush(): Promise<void>;
  /** Commits nothing more. */
  close(): void;
}

/** Gathers positions and commits them one request at a time, highest per partition. */
function offsetCommits(subscription: Subscription, options: ConsumerOptions): Commits {
  const waiting = new Map<string, Position>();
  let timer: NodeJS.Timeout | undefined;
  let inFlight: Promise<void> | undefined;
  let closed = false;

  function schedule(delayMs: number): void {
    if (!closed) timer ??= setTimeout(() => void send(), delayMs);
  }

  function send(): Promise<void> {
    timer = undefined;
    if (inFlight !== undefined) {
      // One request at a time; what was noted meanwhile goes out with the next.
      schedule(options.commitMs ?? 200);
      return inFlight;
    }
    inFlight = (async () => {
      const positions = [...waiting.values()];
      waiting.clear();
      try {
        if (positions.length > 0) await subscription.commit(positions);
      } catch (error) {
        // Kept for the next attempt unless a later batch has already moved further.
        for (const position of positions) if (!waiting.has(key(position))) waiting.set(key(position), position);
        if (!closed) options.onError(error, "committing offsets");
        schedule(COMMIT_AGAIN_MS);
      } finally {
        inFlight = undefined;
      }
    })();
    return inFlight;
  }

  return {
    note(records) {
      for (const { topic, partition, offset, leaderEpoch } of records) {
        const position = { topic, partition, offset: offset + 1n, leaderEpoch };
        const known = waiting.get(key(position));
        if (known === undefined || known.offset < position.offset) waiting.set(key(position), position);
      }
      schedule(options.commitMs ?? 200);
    },
    async flush() {
      clearTimeout(timer);
      timer = undefined;
      await inFlight;
      if (waiting.size > 0) await send();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function key(position: { readonly topic: string; readonly partition: number }): string {
  return `${position.topic}/${position.partition}`;
}
