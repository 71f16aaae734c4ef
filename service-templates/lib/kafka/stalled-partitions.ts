/**
 * Detects partitions that are no longer read. A client that loses the response to one fetch continues with its other
 * partitions and its heartbeats: there is no error and no rebalance, but the partition is not read. So this module
 * regularly compares the available records with the records read. A stalled partition ends the membership, and the next
 * membership reads it.
 */
import { pause } from "../clock.ts";
import type { PartitionName } from "./partition-name.ts";
import { partitionKey } from "./partition-name.ts";

/** Read position of one partition. */
export interface Reading extends PartitionName {
  /** Next offset to fetch. */
  readonly next: bigint;
  /** Offset after its last record. */
  readonly end: bigint;
}

/** One check of all assigned partitions. */
export interface Look {
  readonly partitions: readonly Reading[];
  /** How often the consumer had taken all fetched records and waited for more. */
  readonly waits: number;
  /**
   * True while the consumer waits. A consumer that neither waits nor has waited since the last check is busy, so no
   * partition counts as stalled.
   */
  readonly waiting: boolean;
}

export interface WatchOptions {
  /** Returns the positions; undefined if they are unknown now, for example while a broker is unavailable. */
  readonly look: () => Promise<Look | undefined>;
  /** Milliseconds between two checks. @default 10000 */
  readonly everyMs?: number;
  readonly signal: AbortSignal;
}

/** A fetch waits half a second for records, so 20 fetches in a row do not miss them by chance. */
const LOOK_EVERY_MS = 10_000;
/** Number of checks in a row after which a stalled partition is reported. */
const STRIKES = 2;

/**
 * Returns partitions that had records at the first check and were not read until the second, although the consumer
 * waited for more. Pure.
 */
export function standingStill(before: Look, after: Look): readonly Reading[] {
  if (!after.waiting && after.waits === before.waits) return [];
  const earlier = new Map(before.partitions.map((reading) => [partitionKey(reading), reading]));
  return after.partitions.filter((now) => {
    const then = earlier.get(partitionKey(now));
    return then !== undefined && then.next < then.end && now.next === then.next;
  });
}

/** Checks until the signal is aborted. @throws Error with the stalled partition. */
export async function watchReading({ look, everyMs = LOOK_EVERY_MS, signal }: WatchOptions): Promise<void> {
  let last: Look | undefined;
  let strikes = new Map<string, number>();
  for (;;) {
    await pause(everyMs, signal);
    if (signal.aborted) return;
    const seen = await untilAborted(look(), signal);
    if (signal.aborted) return;
    const still = last === undefined || seen === undefined ? [] : standingStill(last, seen);
    strikes = new Map(still.map((reading) => [partitionKey(reading), (strikes.get(partitionKey(reading)) ?? 0) + 1]));
    for (const reading of still) {
      if ((strikes.get(partitionKey(reading)) ?? 0) < STRIKES) continue;
      throw new Error(
        `${partitionKey(reading)} is not read any more: its next record is ${reading.next}, its end ${reading.end}, and nothing came for ${(STRIKES * everyMs) / 1_000} s`,
      );
    }
    last = seen;
  }
}

/**
 * Returns the result, or undefined once the signal is aborted: a frozen broker must block neither the next membership
 * nor the end of the process.
 */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
