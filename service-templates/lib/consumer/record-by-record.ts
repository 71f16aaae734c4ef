/**
 * Records of a batch one by one, in their order: each is applied, given up, or, while the breaker is open, held
 * back until a probe succeeds. The breaker is shared by everything that is polled at the same time: it is about
 * the service, not about a partition.
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
  /** Absent where it could not be read. */
  readonly event?: Event;
  /** Why it could not be read. */
  readonly unreadable?: unknown;
  /** Attempts made with this batch. */
  attempts: number;
}

/** What became of one record: applied, known to the inbox, or why it could not be applied. */
export type Attempt = { readonly done: "applied" | "known" } | { readonly error: unknown };

export interface RecordByRecordOptions<Event extends ReceivedEvent> {
  /**
   * Makes all attempts of one record. `afterPause`: what could not be read is read again.
   * Throws when something other than the record is at fault and the signal is aborted.
   */
  readonly attempt: (item: Item<Event>, afterPause: boolean, signal: AbortSignal) => Promise<Attempt>;
  /** Delays a record that failed, or makes it a dead-letter record. */
  readonly giveUp: (item: Item<Event>, error: unknown, signal: AbortSignal) => Promise<void>;
  readonly pauses: ConsumerPauses;
  /** Told when the breaker opens or closes. */
  readonly onBreaker: (open: boolean) => void;
  readonly random: Random;
}

export interface RecordByRecord<Event extends ReceivedEvent> {
  /** Whether the breaker is open: then a batch is not applied together. */
  isProbing(): boolean;
  /** Notes types of events that were applied otherwise. */
  applied(kinds: Iterable<string>): void;
  /**
   * Resolves when every record is done.
   * @param proven - Types of events that this batch applied already: the service is well, what fails beside it is at fault itself.
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

  /** Whether a record that failed is held back; counts its failure unless it is the record's own beyond doubt. */
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
 * Where the next probe is: of the kind that is waited for and of a key that was not probed in this round, where there is
 * one; from the end, because bad records come in a row and a good one is likeliest far behind them; always the first of
 * its key, so that none overtakes another.
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
