/** Repeats work for as long as the record is not at fault. */
import type { Random } from "../clock.ts";
import { pause } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Backoff } from "../retry.ts";
import { backoff } from "../retry.ts";
import type { ConsumerFault } from "./consumer-faults.ts";
import { faultOf } from "./consumer-faults.ts";
import type { ConsumerPauses } from "./consumer-pauses.ts";

/** @typeParam Subject - What the work is about, passed to the callback for each repetition. */
export interface PatienceOptions<Subject> {
  readonly pauses: ConsumerPauses;
  readonly random: Random;
  readonly onRetry: (error: unknown, subject: Subject, attempt: number, delayMs: number) => void;
}

/**
 * Runs work until it succeeds, fails because of its record, or the signal is aborted; in the last two cases it throws
 * the last error.
 */
export type Patiently<Subject> = <T>(work: () => Promise<T>, subject: Subject, signal: AbortSignal) => Promise<T>;

const POLICIES: Readonly<Record<ConsumerFault["blames"], Backoff>> = {
  circumstances: { firstDelayMs: 50, maxDelayMs: 2_000, factor: 2 },
  // These faults do not end within a moment, and each attempt is an error in the server's log.
  service: { firstDelayMs: 500, maxDelayMs: 10_000, factor: 2 },
};

/** Number of failures after which an outage counts as a pause: a deadlock or a reconnection is over by then. */
const PAUSED_AFTER = 5;

export function patience<Subject>({ pauses, random, onRetry }: PatienceOptions<Subject>): Patiently<Subject> {
  return async (work, subject, signal) => {
    let waiting: { readonly reason: string; readonly end: () => void } | undefined;
    let failures = 0;
    try {
      for (;;) {
        try {
          return await work();
        } catch (error) {
          const fault = faultOf(error);
          if (fault === undefined || signal.aborted) throw error;
          failures += 1;
          if (waiting?.reason !== fault.reason) {
            waiting?.end();
            waiting =
              fault.blames === "service" || failures >= PAUSED_AFTER
                ? { reason: fault.reason, end: pauses.begin(fault, messageOf(error)) }
                : undefined;
          }
          const delay = backoff(failures, POLICIES[fault.blames], random);
          onRetry(error, subject, failures, delay);
          await pause(delay, signal);
        }
      }
    } finally {
      waiting?.end();
    }
  };
}
