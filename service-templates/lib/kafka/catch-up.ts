/**
 * Waiting until a group has read everything there was at a moment. What waits in topics may say that something
 * happened: code that judges by the time that has passed first lets it be read after an outage.
 */
import { pause } from "../clock.ts";
import type { PartitionName } from "./partition-name.ts";
import { partitionKey } from "./partition-name.ts";

/** Where a group stands in one partition, whichever member reads it. */
export interface Standing extends PartitionName {
  /** Next offset to be read, as it is committed; the partition's beginning where nothing is committed yet. */
  readonly committed: bigint;
  /** Offset behind its last record. */
  readonly end: bigint;
}

export interface CatchUpOptions {
  /** Undefined while it cannot be seen, as between two memberships. */
  readonly standing: () => Promise<readonly Standing[] | undefined>;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks. @default 250 */
  readonly everyMs?: number;
  /** Given up when nothing was read for this long although the group could be seen, in milliseconds. @default 60000 */
  readonly stalledMs?: number;
}

const STALLED_MS = 60_000;

/** Partitions in which the group has not reached these ends. Pure. */
export function notReached(ends: ReadonlyMap<string, bigint>, standing: readonly Standing[]): readonly Standing[] {
  return standing.filter((partition) => partition.committed < (ends.get(partitionKey(partition)) ?? 0n));
}

/**
 * Waits until the group has read everything that was there when this was called.
 * `stalled`: a partition is not read any more, and waiting for it would hold up everything else forever.
 */
export async function caughtUp({
  standing,
  signal,
  everyMs = 250,
  stalledMs = STALLED_MS,
}: CatchUpOptions): Promise<"caught up" | "stalled" | "stopped"> {
  let ends: ReadonlyMap<string, bigint> | undefined;
  let last = "";
  let stillMs = 0;
  while (!signal.aborted) {
    const seen = await standing();
    if (seen !== undefined) {
      ends ??= new Map(seen.map((partition) => [partitionKey(partition), partition.end]));
      const left = notReached(ends, seen);
      if (left.length === 0) return "caught up";
      const now = left
        .map((partition) => `${partitionKey(partition)} ${partition.committed}`)
        .sort()
        .join();
      // Counted in looks, not by a clock: time in which this process stood still says nothing about the group.
      stillMs = now === last ? stillMs + everyMs : 0;
      last = now;
      if (stillMs >= stalledMs) return "stalled";
    }
    await pause(everyMs, signal);
  }
  return "stopped";
}
