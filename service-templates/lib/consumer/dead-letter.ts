/**
 * Dead-letter records: what cannot be applied goes, byte for byte, to the group's dead-letter topic with
 * where it came from and why, and the partition moves on. The letter is an outbox row, noted under an
 * id derived from its origin and its content: the same record, delivered again, meets its note, so no letter
 * is doubled; another record at the same place (the topic was made again, a mirror took over) has a letter of its own.
 */
import { createHash } from "node:crypto";
import type { ErrorCode } from "../errors.ts";
import { messageOf, ServiceError } from "../errors.ts";
import { HEADER } from "../events/envelope.ts";
import { derivedUuid, isUuid } from "../ids.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import type { OutboxEntry } from "../outbox/outbox.ts";
import type { RecordHeaders } from "../outbox/outbox-headers.ts";
import { headerText, headerValue, storedHeaders } from "../outbox/outbox-headers.ts";
import type { Queryable, Transaction } from "../storage/database.ts";
import { isTimeout } from "./consumer-faults.ts";
import { replayedLetter } from "./replay.ts";

/** Names of the headers a dead-letter record carries beside its original ones. Values are UTF-8. */
export const DEAD_LETTER_HEADER = {
  topic: "dlt-origin-topic",
  partition: "dlt-origin-partition",
  offset: "dlt-origin-offset",
  group: "dlt-group",
  code: "dlt-error-code",
  message: "dlt-error-message",
  attempts: "dlt-attempts",
  failedAt: "dlt-failed-at",
  /** Present where a replay failed again: id of the letter that was replayed. */
  replayOf: "dlt-replay-of",
  /** The letter's id; absent on letters of older versions, see {@link letterIdOf}. */
  letterId: "dlt-letter-id",
} as const;

/** Headers that belong to one journey of a record, not to the record: a replay starts without them. */
const JOURNEY = ["dlt-", "replay-"];

/** Longest error message kept in a header, in characters: a record stays under the broker's limit. */
const MESSAGE_LIMIT = 1_000;

export interface DeadLetter {
  readonly record: RawRecord;
  readonly error: unknown;
  readonly attempts: number;
}

export interface DeadLetterOptions {
  readonly group: string;
  readonly topic: string;
  /** ISO 8601. */
  readonly failedAt: string;
}

/** Codes that letters have: values of the label `code`. */
export const DEAD_LETTER_CODES: readonly ErrorCode[] = [
  "SVC_RECORD_HEADER",
  "SVC_RECORD_FRAMING",
  "SVC_RECORD_SCHEMA_UNKNOWN",
  "SVC_RECORD_SCHEMA_INCOMPATIBLE",
  "SVC_RECORD_BODY",
  "SVC_EVENT_VERSION",
  "SVC_EVENT_INVALID",
  "SVC_HANDLER_FAILED",
  "SVC_STATEMENT_TIMEOUT",
  "SVC_CLAIM_REFERENCE",
  "SVC_CLAIM_MISSING",
  "SVC_CLAIM_ALTERED",
  "SVC_CLAIM_TOO_LARGE",
  "SVC_CLAIM_SKIPPED",
];

/** The error's code as it is written into the letter. */
export function deadLetterCode(error: unknown): ErrorCode {
  if (error instanceof ServiceError) return error.code;
  return isTimeout(error) ? "SVC_STATEMENT_TIMEOUT" : "SVC_HANDLER_FAILED";
}

/** The outbox row that carries the letter. */
export function deadLetterEntry(letter: DeadLetter, options: DeadLetterOptions): OutboxEntry {
  const { record } = letter;
  const replayOf = replayedLetter(record);
  // What an earlier dead-letter record said before its replay is history; this failure is what counts.
  const headers: RecordHeaders = Object.fromEntries(
    [...record.headers]
      .filter(([name]) => !JOURNEY.some((prefix) => name.startsWith(prefix)))
      .map(([name, value]) => [printable(name), headerValue(value)]),
  );
  const id = derivedUuid(
    "dead-letter",
    options.group,
    record.topic,
    String(record.partition),
    record.offset.toString(),
    contentDigest(record, headers),
    replayOf ?? "",
  );
  return {
    id,
    topic: options.topic,
    key: record.key ?? null,
    eventType: headerText(headers[HEADER.eventType]) ?? "unknown",
    body: record.value ?? null,
    schemaId: null,
    raw: true,
    headers: {
      ...headers,
      [DEAD_LETTER_HEADER.letterId]: id,
      [DEAD_LETTER_HEADER.topic]: printable(record.topic),
      [DEAD_LETTER_HEADER.partition]: String(record.partition),
      [DEAD_LETTER_HEADER.offset]: record.offset.toString(),
      [DEAD_LETTER_HEADER.group]: options.group,
      [DEAD_LETTER_HEADER.code]: deadLetterCode(letter.error),
      [DEAD_LETTER_HEADER.message]: printable(messageOf(letter.error).slice(0, MESSAGE_LIMIT)),
      [DEAD_LETTER_HEADER.attempts]: String(letter.attempts),
      [DEAD_LETTER_HEADER.failedAt]: options.failedAt,
      ...(replayOf === undefined ? {} : { [DEAD_LETTER_HEADER.replayOf]: replayOf }),
    },
  };
}

/** PostgreSQL stores neither NUL in text nor half a surrogate pair in JSON. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

/** Tells one record from another: key, value, and the headers as they are stored, so that the way through a retry topic changes nothing. */
function contentDigest(record: RawRecord, headers: RecordHeaders): string {
  const hash = createHash("sha256");
  for (const bytes of [record.key, record.value])
    hash.update(bytes === undefined ? "-" : `${bytes.length}:`).update(bytes ?? "");
  return hash
    .update(storedHeaders(Object.fromEntries(Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1)))))
    .digest("hex");
}

/** The id of the letter that a record of a dead-letter topic is, by its headers. @param group - Owner of the topic, where the record does not say. */
export function letterIdOf(header: (name: string) => string | undefined, group = ""): string {
  const text = (name: string): string => header(name) ?? "";
  const id = text(DEAD_LETTER_HEADER.letterId);
  if (isUuid(id)) return id;
  // Letters of older versions were named by their origin alone.
  return derivedUuid(
    "dead-letter",
    text(DEAD_LETTER_HEADER.group) || group,
    text(DEAD_LETTER_HEADER.topic),
    text(DEAD_LETTER_HEADER.partition),
    text(DEAD_LETTER_HEADER.offset),
  );
}

/** Notes the letter in the table `dead_letters`; false when it is already there (a redelivery). */
export async function noteDeadLetter(tx: Transaction, entry: OutboxEntry): Promise<boolean> {
  const rows = await tx.query({
    name: "dead-letter-note",
    text: `INSERT INTO dead_letters (letter_id, topic, partition, "offset", event_id, event_type, error_code, error_message, attempts, replay_of)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (letter_id) DO NOTHING RETURNING letter_id`,
    values: [
      entry.id,
      entry.headers[DEAD_LETTER_HEADER.topic],
      entry.headers[DEAD_LETTER_HEADER.partition],
      entry.headers[DEAD_LETTER_HEADER.offset],
      headerText(entry.headers[HEADER.eventId]) ?? null,
      entry.eventType,
      entry.headers[DEAD_LETTER_HEADER.code],
      entry.headers[DEAD_LETTER_HEADER.message],
      entry.headers[DEAD_LETTER_HEADER.attempts],
      entry.headers[DEAD_LETTER_HEADER.replayOf] ?? null,
    ],
  });
  return rows.length > 0;
}

/** What the table of dead-letter records and their audit trail say, for metrics. */
export interface DeadLetterFigures {
  /** Letters that were neither discarded nor written to their topic again. */
  readonly open: number;
  /** Letters that were, so far; a letter that was replayed twice counts once. */
  readonly resolved: number;
}

/** Counts in the database, so that every instance gives the same answer. */
export async function countDeadLetters(db: Queryable): Promise<DeadLetterFigures> {
  // A replay without its place was begun, and it is not known whether its record was written.
  const [row] = await db.query<{ open: string; resolved: string }>({
    text: `WITH resolved AS (SELECT DISTINCT letter_id FROM dead_letter_actions WHERE action = 'discard' OR detail IS NOT NULL)
           SELECT (SELECT count(*) FROM resolved) AS resolved,
                  (SELECT count(*) FROM dead_letters l WHERE NOT EXISTS (SELECT 1 FROM resolved r WHERE r.letter_id = l.letter_id)) AS open`,
  });
  return { open: Number(row?.open ?? 0), resolved: Number(row?.resolved ?? 0) };
}
