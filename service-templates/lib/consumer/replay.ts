/**
 * Replays of dead-letter records. A replay writes the original record to its origin topic again, marked with
 * the group it is meant for: the other groups have had their record and leave the copy alone.
 */

import { isUuid } from "../ids.ts";
import type { RawRecord } from "../kafka/raw-record.ts";

/** Names of the headers a replayed record carries beside its original ones. Values are UTF-8. */
export const REPLAY_HEADER = { group: "replay-group", letter: "replay-letter" } as const;

/** Whether the record is a replay for another group than this one. */
export function isReplayForOthers(record: RawRecord, group: string): boolean {
  const meant = record.headers.get(REPLAY_HEADER.group)?.toString("utf8");
  return meant !== undefined && meant !== group;
}

/** Id of the letter whose replay this record is; undefined for an original. */
export function replayedLetter(record: RawRecord): string | undefined {
  const letter = record.headers.get(REPLAY_HEADER.letter)?.toString("utf8");
  return letter !== undefined && isUuid(letter) ? letter : undefined;
}
