/** The original bytes and headers of dead-letter records, read from the group's dead-letter topic. */
import { deadLetterIdOf } from "@event-platform-kit/service/consumer/dead-letter";
import { REPLAY_HEADER } from "@event-platform-kit/service/consumer/replay";
import type { ServerAccess } from "../platform/platform-access.ts";
import { readRanges, topicRanges } from "../verify/topic-reader.ts";
import type { DeadLetter } from "./dead-letters.ts";

/** A record in a dead-letter topic. */
export interface DeadLetterRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In their order, names as text. */
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** Prefixes of headers that describe a failure, a replay or a retry and are not part of the original record. */
const JOURNEY = ["dlt-", "replay-", "retry-"];

/** Name of a group's dead-letter topic. */
export function deadLetterTopic(group: string): string {
  return `${group}.dlt`;
}

/**
 * Returns the records by dead-letter id, without those that the topic no longer holds.
 * @throws KitError `KIT_SERVER_UNREACHABLE`, `KIT_TOPICS_UNREADABLE`.
 */
export async function readDeadLetterRecords(
  access: ServerAccess,
  deadLetters: readonly DeadLetter[],
): Promise<ReadonlyMap<string, DeadLetterRecord>> {
  const wanted = new Set(deadLetters.map(({ letterId }) => letterId));
  const ranges = await topicRanges(access, [...new Set(deadLetters.map(({ group }) => deadLetterTopic(group)))]);
  const records = new Map<string, DeadLetterRecord>();
  await readRanges(access, ranges, (message) => {
    const headers = message.headerEntries.map(
      ([name, value]) => [name.toString("utf8"), value ?? Buffer.alloc(0)] as const,
    );
    const letterId = deadLetterIdOf((name) => headers.find(([known]) => known === name)?.[1].toString("utf8"));
    if (!wanted.has(letterId)) return;
    const key: Buffer | null | undefined = message.key;
    const value: Buffer | null | undefined = message.value;
    records.set(letterId, {
      topic: message.topic,
      partition: message.partition,
      offset: message.offset.toString(),
      key: key ?? null,
      value: value ?? null,
      headers,
    });
  });
  return records;
}

/** Headers of a replay: the original ones, the group it is for, and the id of the dead-letter record. */
export function replayHeaders(deadLetter: DeadLetter, record: DeadLetterRecord): ReadonlyMap<Buffer, Buffer> {
  return new Map([
    ...record.headers
      .filter(([name]) => !JOURNEY.some((prefix) => name.startsWith(prefix)))
      .map(([name, value]) => [Buffer.from(name), value] as const),
    [Buffer.from(REPLAY_HEADER.group), Buffer.from(deadLetter.group)],
    [Buffer.from(REPLAY_HEADER.letter), Buffer.from(deadLetter.letterId)],
  ]);
}
