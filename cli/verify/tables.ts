/**
 * Reads services' tables with narrow columns and a server-side cursor, each database in one snapshot. Checks first which tables
 * exist: an older service, or one without some tables, is read as far as possible.
 */
import type { ServerAccess } from "../platform/platform-access.ts";
import type { DeadLetterAction, DeadLetterRow, InboxRow, MessagingTables, OutboxRow, ParkedRow } from "./evidence.ts";
import type { Columns, Snapshot } from "./table-snapshot.ts";
import { ms, number, openSnapshot, optional, text } from "./table-snapshot.ts";
import { textOf } from "./topic-dump.ts";

/** The databases' part of the evidence. */
export interface TableEvidence<Tables extends object> {
  readonly messaging: readonly MessagingTables[];
  /** What the project read, of all services together. */
  readonly tables: Partial<Tables>;
}

/** Reads the project's part of the services' own tables in one database; leaves out parts that are not in it. */
export type TableReader<Tables extends object> = (snapshot: Snapshot) => Promise<Partial<Tables>>;

/** Reads all services' databases at the same time. */
export async function readTables<Tables extends object>(
  access: ServerAccess,
  readOwn: TableReader<Tables>,
  onProgress: (rows: number) => void,
): Promise<TableEvidence<Tables>> {
  let read = 0;
  const count = (rows: number): void => {
    read += rows;
    onProgress(read);
  };
  const parts = await Promise.all(access.services.map((service) => readService(access, service, readOwn, count)));
  return {
    messaging: parts.map(({ messaging }) => messaging),
    tables: Object.assign({}, ...parts.map(({ own }) => own)) as Partial<Tables>,
  };
}

async function readService<Tables extends object>(
  access: ServerAccess,
  service: string,
  readOwn: TableReader<Tables>,
  count: (rows: number) => void,
): Promise<{ readonly messaging: MessagingTables; readonly own: Partial<Tables> }> {
  const client = await access.database(service);
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const snapshot = await openSnapshot(client, count);
    const messaging = await readMessaging(snapshot, service);
    const own = await readOwn(snapshot);
    await client.query("COMMIT");
    return { messaging, own };
  } finally {
    await client.end();
  }
}

async function readMessaging(snapshot: Snapshot, service: string): Promise<MessagingTables> {
  const outboxRow = ([position, eventId, topic, key, eventType, at]: Columns): OutboxRow => ({
    position: number(position),
    eventId: text(eventId),
    topic: text(topic),
    key: Buffer.isBuffer(key) ? textOf(key) : null,
    eventType: text(eventType),
    at: number(at),
  });
  const replayOf = snapshot.has("dead_letters", "replay_of") ? "replay_of" : "NULL";
  return {
    service,
    outbox: !snapshot.has("outbox")
      ? []
      : await snapshot.rows(
          `SELECT position::float8, event_id, topic, key, event_type, ${ms("created_at")} FROM outbox ORDER BY position`,
          outboxRow,
        ),
    published: !snapshot.has("outbox_published")
      ? []
      : await snapshot.rows(
          `SELECT position::float8, event_id, topic, key, event_type, ${ms("published_at")} FROM outbox_published`,
          outboxRow,
        ),
    inbox: !snapshot.has("inbox")
      ? []
      : await snapshot.rows(
          `SELECT event_id, event_type, topic, partition, "offset"::float8, ${ms("processed_at")}, xmin::text FROM inbox`,
          ([eventId, eventType, topic, partition, offset, processedAt, transaction]): InboxRow => ({
            eventId: text(eventId),
            eventType: text(eventType),
            topic: text(topic),
            partition: number(partition),
            offset: number(offset),
            processedAt: number(processedAt),
            transaction: text(transaction),
          }),
        ),
    deadLetters: !snapshot.has("dead_letters")
      ? []
      : await snapshot.rows(
          `SELECT letter_id, topic, partition, "offset"::float8, event_id, event_type, error_code, ${ms("failed_at")}, ${replayOf} FROM dead_letters ORDER BY failed_at`,
          ([letterId, topic, partition, offset, eventId, eventType, errorCode, failedAt, replayed]): DeadLetterRow => ({
            letterId: text(letterId),
            topic: text(topic),
            partition: number(partition),
            offset: number(offset),
            eventId: optional(eventId),
            eventType: text(eventType),
            errorCode: text(errorCode),
            failedAt: number(failedAt),
            replayOf: optional(replayed),
          }),
        ),
    parked: !snapshot.has("outbox_parked")
      ? []
      : await snapshot.rows(
          `SELECT event_id, topic, key, event_type, error_code, ${ms("parked_at")} FROM outbox_parked ORDER BY position`,
          ([eventId, topic, key, eventType, errorCode, parkedAt]): ParkedRow => ({
            eventId: text(eventId),
            topic: text(topic),
            key: Buffer.isBuffer(key) ? textOf(key) : null,
            eventType: text(eventType),
            errorCode: text(errorCode),
            parkedAt: number(parkedAt),
          }),
        ),
    discardedEvents: !snapshot.has("outbox_actions")
      ? []
      : await snapshot.rows("SELECT event_id FROM outbox_actions WHERE action = 'discard'", ([eventId]) =>
          text(eventId),
        ),
    actions: !snapshot.has("dead_letter_actions")
      ? []
      : await snapshot.rows(
          `SELECT letter_id, action, ${ms("at")} FROM dead_letter_actions ORDER BY at`,
          ([letterId, action, at]): DeadLetterAction => ({
            letterId: text(letterId),
            action: action === "discard" ? "discard" : "replay",
            at: number(at),
          }),
        ),
  };
}
