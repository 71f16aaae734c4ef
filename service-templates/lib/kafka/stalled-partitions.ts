/**
 * Sees from outside whether every partition is still read. A client that loses the answer to one fetch goes on
 * with its other partitions and with its heartbeats: no error, no rebalance, only records that nobody takes. So
 * what there is to read is compared with what was read, now and then; a partition that stands still ends the
 * membership, and the next one reads it.
 */
import { pause } from "../clock.ts";
import type { PartitionName } from "./partition-name.ts";
import { partitionKey } from "./partition-name.ts";

/** How far one partition is read. */
export interface Reading extends PartitionName {
  /** Offset that is fetched next. */
  readonly next: bigint;
  /** Offset behind its last record. */
  readonly end: bigint;
}

/** One look at all partitions that are read. */
export interface Look {
  readonly partitions: readonly Reading[];
  /** How often everything fetched had been taken and more was waited for. */
  readonly waits: number;
  /** True while it is waited for. A reader that neither waits nor has waited since the last look is busy: then nothing stands still. */
  readonly waiting: boolean;
}

export interface WatchOptions {
  /** Undefined where it cannot be seen now, as while a broker is away. */
  readonly look: () => Promise<Look | undefined>;
  /** Milliseconds between two looks. @default 10000 */
  readonly everyMs?: number;
  readonly signal: AbortSignal;
}

/** A fetch waits half a second for records, so nobody misses 20 times in a row by chance. */
const LOOK_EVERY_MS = 10_000;
/** Looks in a row by which a partition that stands still is given up. */
const STRIKES = 2;

/** Partitions that had something to read at the first look, of which nothing was read by the second, although more was waited for. Pure. */
export function standingStill(before: Look, after: Look): readonly Reading[] {
  if (!after.waiting && after.waits === before.waits) return [];
  const earlier = new Map(before.partitions.map((reading) => [partitionKey(reading), reading]));
  return after.partitions.filter((now) => {
    const then = earlier.get(partitionKey(now));
    return then !== undefined && then.next < then.end && now.next === then.next;
  });
}

/** Looks until the signal is aborted. @throws Error with the partition that stands still. */
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

/** What comes, or undefined once the signal is aborted: a broker that is frozen holds up neither the next membership nor the end of the process. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
