/**
 * Waits until a group has read every record that existed at a given moment. Unread records may report that a step has
 * happened. So after an outage, code that acts on elapsed time must first let the group read them.
 */
import { pause } from "../clock.ts";
import type { PartitionName } from "./partition-name.ts";
import { partitionKey } from "./partition-name.ts";

/** Position of a group in one partition, independent of which member reads it. */
export interface Standing extends PartitionName {
  /** Next offset to read, as committed; the partition's first offset if nothing is committed yet. */
  readonly committed: bigint;
  /** Offset after its last record. */
  readonly end: bigint;
}

export interface CatchUpOptions {
  /** Returns the positions; undefined while they are unknown, for example between two memberships. */
  readonly standing: () => Promise<readonly Standing[] | undefined>;
  readonly signal: AbortSignal;
  /** Milliseconds between two checks. @default 250 */
  readonly everyMs?: number;
  /** Milliseconds after which the wait is given up if nothing was read although the positions were known. @default 60000 */
  readonly stalledMs?: number;
}

const STALLED_MS = 60_000;

/** Returns the partitions in which the group has not reached these ends. Pure. */
export function notReached(ends: ReadonlyMap<string, bigint>, standing: readonly Standing[]): readonly Standing[] {
  return standing.filter((partition) => partition.committed < (ends.get(partitionKey(partition)) ?? 0n));
}

/**
 * Waits until the group has read every record that existed at the time of the call. Resolves to `stalled` if a
 * partition is no longer read: waiting for it would block everything else forever.
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
      // Counts checks, not time: while this process itself was frozen, nothing is known about the group.
      stillMs = now === last ? stillMs + everyMs : 0;
      last = now;
      if (stillMs >= stalledMs) return "stalled";
    }
    await pause(everyMs, signal);
  }
  return "stopped";
}
