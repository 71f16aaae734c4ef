/**
 * Processes the records of a batch one by one, in their order. Each record is applied or given up; while the breaker is
 * open, it is held back until a probe succeeds. All sources that are polled in parallel share the breaker, because it
 * is about the service and not about a partition.
 */

import type { Random } from "../clock.ts";
import { pause } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { ReceivedEvent } from "../events/envelope.ts";
import { backoff } from "../retry.ts";
import type { BreakerState } from "./breaker.ts";
import { afterFailure, afterSuccess, BREAKER, CLOSED, fingerprintOf } from "./breaker.ts";
import { isProvenPoison } from "./consumer-faults.ts";
import type { ConsumerPauses } from "./consumer-pauses.ts";
import type { Delivery } from "./retry-topics.ts";

/** A record of a batch that is not done yet. */
export interface Item<Event extends ReceivedEvent = ReceivedEvent> {
  readonly delivery: Delivery;
  /** The event's type, or `unknown`. */
  readonly kind: string;
  /** The record's key as text: records of one key keep their order. */
  readonly key: string;
  /** Absent if the record could not be read. */
  readonly event?: Event;
  /** The error that made the record unreadable. */
  readonly unreadable?: unknown;
  /** Attempts made with this batch. */
  attempts: number;
}

/** Result of one record: applied, already known to the inbox, or the error. */
export type Attempt = { readonly done: "applied" | "known" } | { readonly error: unknown };

export interface RecordByRecordOptions<Event extends ReceivedEvent> {
  /**
   * Makes all attempts for one record. With `afterPause`, an unreadable record is read again. Throws if the record is
   * not at fault and the signal is aborted.
   */
  readonly attempt: (item: Item<Event>, afterPause: boolean, signal: AbortSignal) => Promise<Attempt>;
  /** Delays a failed record, or makes it a dead-letter record. */
  readonly giveUp: (item: Item<Event>, error: unknown, signal: AbortSignal) => Promise<void>;
  readonly pauses: ConsumerPauses;
  /** Called when the breaker opens or closes. */
  readonly onBreaker: (open: boolean) => void;
  readonly random: Random;
}

export interface RecordByRecord<Event extends ReceivedEvent> {
  /** Returns whether the breaker is open: then a batch is not applied together. */
  isProbing(): boolean;
  /** Records types of events that were applied elsewhere. */
  applied(kinds: Iterable<string>): void;
  /**
   * Resolves when every record is done.
   * @param proven - Types of events that this batch has already applied. They prove that the service works, so a
   * failing record of such a type is itself at fault.
   */
  process(items: readonly Item<Event>[], signal: AbortSignal, proven?: Iterable<string>): Promise<void>;
}

export function recordByRecord<Event extends ReceivedEvent>({
  attempt,
  giveUp,
  pauses,
  onBreaker,
  random,
}: RecordByRecordOptions<Event>): RecordByRecord<Event> {
  let breaker: BreakerState = CLOSED;

  function become(after: BreakerState): void {
    const turned = after.state !== breaker.state;
    breaker = after;
    if (turned) onBreaker(after.state === "open");
  }

  /** Returns whether a failed record is held back. Counts its failure, unless the record is proven to be at fault. */
  function isHeld({ kind, key }: Item, error: unknown, proven: ReadonlySet<string>): boolean {
    if (isProvenPoison(error) || proven.has(kind)) return false;
    const { after, verdict } = afterFailure(breaker, { kind, key, fingerprint: fingerprintOf(error) });
    become(after);
    return verdict === "hold";
  }

  return {
    isProbing: () => breaker.state === "open",
    applied(kinds) {
      for (const kind of kinds) become(afterSuccess(breaker, kind));
    },
    async process(items, signal, proven = []) {
      const pending = [...items];
      const known = new Set(proven);
      /** Keys that were probed in this round. */
      const probed = new Set<string>();
      let resume: (() => void) | undefined;
      let lastError: unknown;
      let paused = false;
      try {
        while (pending.length > 0) {
          const open = breaker.state === "open" ? breaker : undefined;
          if (open === undefined) {
            resume?.();
            resume = undefined;
            probed.clear();
          } else {
            resume ??= pauses.begin(
              { blames: "service", reason: "repeated-failures" },
              `${open.kind} of different keys failed alike: ${messageOf(lastError ?? open.fingerprint)}`,
            );
            await pause(backoff(open.probes + 1, BREAKER.probes, random), signal);
            signal.throwIfAborted();
            paused = true;
          }
          const place = open === undefined ? 0 : probePlace(pending, open.kind, probed);
          const item = pending[place] as Item<Event>;
          const result = await attempt(item, paused, signal);
          if ("error" in result) {
            lastError = result.error;
            if (isHeld(item, result.error, known)) {
              probed.add(item.key);
              continue;
            }
            await giveUp(item, result.error, signal);
          } else if (result.done === "applied") {
            known.add(item.kind);
            become(afterSuccess(breaker, item.kind));
          }
          pending.splice(place, 1);
        }
      } finally {
        resume?.();
      }
    },
  };
}

/**
 * Returns the index of the next probe. It prefers a record of the failing kind whose key was not probed in this round.
 * It searches from the end, because bad records occur in a row, so a good one is most likely far behind them. It always
 * takes the first record of a key, to keep the order per key.
 */
function probePlace(pending: readonly Item[], kind: string, probed: Set<string>): number {
  let wanted =
    pending.findLast((item) => item.kind === kind && !probed.has(item.key)) ??
    pending.findLast((item) => !probed.has(item.key));
  if (wanted === undefined) {
    probed.clear();
    wanted = pending.findLast((item) => item.kind === kind) ?? pending.at(-1);
  }
  return pending.findIndex((item) => item.key === wanted?.key);
}
