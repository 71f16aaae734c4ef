/**
 * Replays of dead-letter records. A replay writes the original record to its origin topic again, with its target group
 * in a header. The other groups have already handled the record and skip the copy.
 */

import { isUuid } from "../ids.ts";
import type { RawRecord } from "../kafka/raw-record.ts";

/** Names of the headers that a replayed record has in addition to its original ones. Values are UTF-8. */
export const REPLAY_HEADER = { group: "replay-group", letter: "replay-letter" } as const;

/** Returns whether the record is a replay for another group. */
export function isReplayForOthers(record: RawRecord, group: string): boolean {
  const meant = record.headers.get(REPLAY_HEADER.group)?.toString("utf8");
  return meant !== undefined && meant !== group;
}

/** Returns the id of the dead-letter record whose replay this record is; undefined for an original. */
export function replayedDeadLetter(record: RawRecord): string | undefined {
  const deadLetter = record.headers.get(REPLAY_HEADER.letter)?.toString("utf8");
  return deadLetter !== undefined && isUuid(deadLetter) ? deadLetter : undefined;
}
