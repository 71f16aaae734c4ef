/**
 * Dead-letter records. A record that cannot be applied goes, byte for byte, to the group's dead-letter topic, with its
 * origin and the error in headers. Then the consumer continues with the partition. The dead-letter record is an outbox
 * row. Its id is derived from its origin and its content, so a redelivery of the same record finds the existing row and
 * creates no duplicate. A different record at the same origin (the topic was recreated, or a mirror took over) gets its
 * own dead-letter record.
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
import { replayedDeadLetter } from "./replay.ts";

/** Names of the headers that a dead-letter record has in addition to its original ones. Values are UTF-8. */
export const DEAD_LETTER_HEADER = {
  topic: "dlt-origin-topic",
  partition: "dlt-origin-partition",
  offset: "dlt-origin-offset",
  group: "dlt-group",
  code: "dlt-error-code",
  message: "dlt-error-message",
  attempts: "dlt-attempts",
  failedAt: "dlt-failed-at",
  /** Present if a replay failed again: id of the dead-letter record that was replayed. */
  replayOf: "dlt-replay-of",
  /** Id of the dead-letter record; absent in records of older versions, see {@link deadLetterIdOf}. */
  letterId: "dlt-letter-id",
} as const;

/** Prefixes of headers that describe one delivery of a record, not the record: a replay starts without them. */
const JOURNEY = ["dlt-", "replay-"];

/** Longest error message kept in a header, in characters. It keeps the record below the broker's size limit. */
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

/** Codes of dead-letter records: values of the label `code`. */
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

/** Returns the error's code as it is written into the dead-letter record. */
export function deadLetterCode(error: unknown): ErrorCode {
  if (error instanceof ServiceError) return error.code;
  return isTimeout(error) ? "SVC_STATEMENT_TIMEOUT" : "SVC_HANDLER_FAILED";
}

/** Returns the outbox row that holds the dead-letter record. */
export function deadLetterEntry(deadLetter: DeadLetter, options: DeadLetterOptions): OutboxEntry {
  const { record } = deadLetter;
  const replayOf = replayedDeadLetter(record);
  // The headers of an earlier dead-letter record, from before its replay, are dropped: only this failure counts.
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
      [DEAD_LETTER_HEADER.code]: deadLetterCode(deadLetter.error),
      [DEAD_LETTER_HEADER.message]: printable(messageOf(deadLetter.error).slice(0, MESSAGE_LIMIT)),
      [DEAD_LETTER_HEADER.attempts]: String(deadLetter.attempts),
      [DEAD_LETTER_HEADER.failedAt]: options.failedAt,
      ...(replayOf === undefined ? {} : { [DEAD_LETTER_HEADER.replayOf]: replayOf }),
    },
  };
}

/** Replaces characters that PostgreSQL cannot store: NUL in text, and half a surrogate pair in JSON. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

/**
 * Returns a digest that distinguishes records: key, value, and the headers as stored, so that the path through a retry
 * topic does not change it.
 */
function contentDigest(record: RawRecord, headers: RecordHeaders): string {
  const hash = createHash("sha256");
  for (const bytes of [record.key, record.value])
    hash.update(bytes === undefined ? "-" : `${bytes.length}:`).update(bytes ?? "");
  return hash
    .update(storedHeaders(Object.fromEntries(Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1)))))
    .digest("hex");
}

/**
 * Returns the id of a dead-letter record from its headers.
 * @param group - Owner of the dead-letter topic, used if the record does not name it.
 */
export function deadLetterIdOf(header: (name: string) => string | undefined, group = ""): string {
  const text = (name: string): string => header(name) ?? "";
  const id = text(DEAD_LETTER_HEADER.letterId);
  if (isUuid(id)) return id;
  // In older versions the id was derived from the origin alone.
  return derivedUuid(
    "dead-letter",
    text(DEAD_LETTER_HEADER.group) || group,
    text(DEAD_LETTER_HEADER.topic),
    text(DEAD_LETTER_HEADER.partition),
    text(DEAD_LETTER_HEADER.offset),
  );
}

/** Adds the dead-letter record to the table `dead_letters`. Returns false if it already exists (a redelivery). */
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

/** Figures from the table of dead-letter records and their audit trail, for metrics. */
export interface DeadLetterFigures {
  /** Dead-letter records that were neither discarded nor replayed. */
  readonly open: number;
  /** Dead-letter records that were discarded or replayed so far; a record that was replayed twice counts once. */
  readonly resolved: number;
}

/** Counts in the database, so that every instance returns the same figures. */
export async function countDeadLetters(db: Queryable): Promise<DeadLetterFigures> {
  // A replay without its location was started, but it is unknown whether its record was written.
  const [row] = await db.query<{ open: string; resolved: string }>({
    text: `WITH resolved AS (SELECT DISTINCT letter_id FROM dead_letter_actions WHERE action = 'discard' OR detail IS NOT NULL)
           SELECT (SELECT count(*) FROM resolved) AS resolved,
                  (SELECT count(*) FROM dead_letters l WHERE NOT EXISTS (SELECT 1 FROM resolved r WHERE r.letter_id = l.letter_id)) AS open`,
  });
  return { open: Number(row?.open ?? 0), resolved: Number(row?.resolved ?? 0) };
}
