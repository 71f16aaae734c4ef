/** A dump of topics as evidence: each record's position, key, envelope and a digest of its bytes. */
import { crc32 } from "node:zlib";
import { CLAIM_HEADER } from "@event-platform-kit/service/claim-check/reference";
import { DEAD_LETTER_HEADER, deadLetterIdOf } from "@event-platform-kit/service/consumer/dead-letter";
import { REPLAY_HEADER } from "@event-platform-kit/service/consumer/replay";
import { RETRY_HEADER } from "@event-platform-kit/service/consumer/retry-topics";
import { HEADER } from "@event-platform-kit/service/events/envelope";
import { derivedUuid } from "@event-platform-kit/service/ids";
import type { RecordOrigin, TopicKind, TopicRecord } from "./evidence.ts";
import type { RawMessage } from "./topic-reader.ts";

/** A dead-letter record without these cannot be resolved. */
const LETTER_NEEDS: readonly string[] = Object.values(DEAD_LETTER_HEADER).filter(
  (name) =>
    ![DEAD_LETTER_HEADER.replayOf, DEAD_LETTER_HEADER.message, DEAD_LETTER_HEADER.letterId].some(
      (optional) => optional === name,
    ),
);

/** Bytes as text: UTF-8 if they are valid, else hexadecimal, so that different bytes never give the same text. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return text.includes("\ufffd") && !Buffer.from(text, "utf8").equals(bytes) ? `hex:${bytes.toString("hex")}` : text;
}

/** Headers by name, values as text. */
export function headersOf(message: RawMessage): ReadonlyMap<string, string> {
  return new Map(message.headerEntries.map(([name, value]) => [name.toString("utf8"), value?.toString("utf8") ?? ""]));
}

/**
 * One record without its bytes.
 * @param group - Owner of a dead-letter or retry topic.
 */
export function dumpRecord(message: RawMessage, kind: TopicKind, group: string | undefined): TopicRecord<never> {
  const headers = headersOf(message);
  const { topic, partition } = message;
  // The client types say Buffer; a record may have neither.
  const key: Buffer | null | undefined = message.key;
  const value: Buffer | null | undefined = message.value;
  const eventId = headers.get(HEADER.eventId);
  const replayGroup = headers.get(REPLAY_HEADER.group);
  const origin =
    kind === "dead-letter"
      ? originOf(headers, DEAD_LETTER_HEADER)
      : kind === "retry"
        ? originOf(headers, RETRY_HEADER)
        : undefined;
  const notBefore = kind === "retry" ? Number(headers.get(RETRY_HEADER.notBefore)) : Number.NaN;
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: key === undefined || key === null ? null : textOf(key),
    size: value?.length ?? -1,
    digest: value === undefined || value === null ? 0 : crc32(value),
    eventId,
    eventType: headers.get(HEADER.eventType),
    rowId: rowIdOf(kind, topic, group, headers, origin, eventId),
    replay:
      kind === "event" && replayGroup !== undefined
        ? { group: replayGroup, letter: headers.get(REPLAY_HEADER.letter) ?? "" }
        : undefined,
    origin,
    lacks: kind === "dead-letter" ? LETTER_NEEDS.filter((name) => (headers.get(name) ?? "") === "") : [],
    notBefore: Number.isFinite(notBefore) ? notBefore : undefined,
    ...(headers.has(CLAIM_HEADER.key)
      ? {
          claim: {
            key: headers.get(CLAIM_HEADER.key) ?? "",
            size: Number(headers.get(CLAIM_HEADER.size)),
            sha256: headers.get(CLAIM_HEADER.sha256) ?? "",
          },
        }
      : {}),
  };
}

/**
 * A dead-letter record contains its row's id; that of a delayed record is derived from the position at which the record failed.
 */
function rowIdOf(
  kind: TopicKind,
  topic: string,
  group: string | undefined,
  headers: ReadonlyMap<string, string>,
  origin: RecordOrigin | undefined,
  eventId: string | undefined,
): string | undefined {
  if (kind === "event") return eventId;
  if (origin === undefined) return undefined;
  const place = [origin.topic, String(origin.partition), String(origin.offset)];
  if (kind === "dead-letter") return deadLetterIdOf((name) => headers.get(name), group);
  return derivedUuid("retry", group ?? "", topic, ...place);
}

function originOf(
  headers: ReadonlyMap<string, string>,
  names: { readonly topic: string; readonly partition: string; readonly offset: string },
): RecordOrigin | undefined {
  const topic = headers.get(names.topic);
  const [partition, offset] = [headers.get(names.partition), headers.get(names.offset)];
  if (
    topic === undefined ||
    partition === undefined ||
    offset === undefined ||
    !/^\d{1,15}$/u.test(partition) ||
    !/^\d{1,15}$/u.test(offset)
  )
    return undefined;
  return { topic, partition: Number(partition), offset: Number(offset) };
}
