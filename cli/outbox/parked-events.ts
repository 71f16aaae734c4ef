/** Events that a service could not publish, from its tables, with the reason and the actions on them. */

import { restoredHeaders, type StoredHeaders } from "@event-platform-kit/service/outbox/headers";
import type { Client } from "pg";
import { KitError } from "../errors.ts";
import type { ServerAccess } from "../platform/platform-access.ts";

/** State of an event. */
export type ParkedState =
  /** It was rejected; later events of its topic and key wait behind it. */
  | "parked"
  /** Put back into the outbox and not published yet. */
  | "retried"
  /** Published after a retry. */
  | "published"
  /** Discarded, with a reason. */
  | "discarded";

/** One entry of an event's audit trail. */
export interface OutboxAction {
  readonly actionId: string;
  readonly action: "retry" | "discard";
  /** Operating system user. */
  readonly actor: string | undefined;
  readonly reason: string | undefined;
  /** ISO 8601. */
  readonly at: string;
}

/** An event that is parked, or was. */
export interface ParkedEvent {
  readonly eventId: string;
  readonly service: string;
  readonly state: ParkedState;
  /** Its position in the outbox. */
  readonly position: string;
  readonly topic: string;
  /** The key as text; absent: the record has none. */
  readonly key: string | undefined;
  readonly eventType: string;
  /** Size of the record in bytes. */
  readonly bytes: number;
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. */
  readonly parkedAt: string;
  /** Milliseconds since it was parked. */
  readonly ageMs: number;
  /** Events of the same topic and key that wait behind it. */
  readonly waiting: number;
  /** Oldest first. */
  readonly actions: readonly OutboxAction[];
}

/** The part of an event that an action keeps, so that `show` works after the event itself is gone. */
export interface KeptDetail {
  readonly position: string;
  readonly topic: string;
  /** Hexadecimal; null: none. */
  readonly key: string | null;
  readonly eventType: string;
  readonly bytes: number;
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. */
  readonly parkedAt: string;
}

/** The record that a retry would write. */
export interface ParkedRecord {
  readonly key: Buffer | null;
  /** Avro body without the header of the wire format, or the whole value where `raw`. */
  readonly body: Buffer | null;
  readonly schemaId: number | undefined;
  readonly raw: boolean;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

interface ParkedRow {
  readonly event_id: string;
  readonly position: string;
  readonly topic: string;
  readonly key: Buffer | null;
  readonly event_type: string;
  readonly bytes: number;
  readonly error_code: string;
  readonly error_message: string;
  readonly created_at: Date;
  readonly parked_at: Date;
  readonly age_ms: number;
  readonly waiting: string;
}

interface ActionRow {
  readonly action_id: string;
  readonly event_id: string;
  readonly action: "retry" | "discard";
  readonly actor: string | null;
  readonly reason: string | null;
  readonly at: Date;
  readonly age_ms: number;
  readonly detail: KeptDetail;
  readonly in_outbox: boolean;
}

/** SQL: size of a parked row's record, as the outbox counts it. */
export const RECORD_BYTES =
  "octet_length(coalesce(body, ''::bytea)) + octet_length(coalesce(key, ''::bytea)) + octet_length(headers::text)";

/**
 * Events of all services, or of one, that are or were parked, in the order of their outboxes.
 * @throws KitError `KIT_OUTBOX_UNKNOWN_SERVICE`, `KIT_SERVER_UNREACHABLE`.
 */
export async function readParkedEvents(access: ServerAccess, service?: string): Promise<readonly ParkedEvent[]> {
  if (service !== undefined && !access.services.includes(service))
    throw new KitError("KIT_OUTBOX_UNKNOWN_SERVICE", `${service}; there are ${access.services.join(", ")}`);
  const services = service === undefined ? access.services : [service];
  const events = await Promise.all(
    services.map((name) => withDatabase(access, name, (client) => eventsOf(client, name))),
  );
  return events.flat();
}

/** Runs work on a connection to a service's database. */
export async function withDatabase<T>(
  access: ServerAccess,
  service: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await access.database(service);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function eventsOf(client: Client, service: string): Promise<readonly ParkedEvent[]> {
  const {
    rows: [tables],
  } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('public.outbox_parked') IS NOT NULL AND to_regclass('public.outbox_actions') IS NOT NULL AS there",
  );
  if (tables?.there !== true) return [];
  const { rows: parked } = await client.query<ParkedRow>(
    `SELECT event_id, position, topic, key, event_type, ${RECORD_BYTES} AS bytes, error_code, error_message, created_at, parked_at,
            (extract(epoch FROM clock_timestamp() - parked_at) * 1000)::float8 AS age_ms,
            (SELECT count(*) FROM outbox o WHERE o.topic = p.topic AND o.key = p.key AND o.position > p.position) AS waiting
       FROM outbox_parked p ORDER BY p.position`,
  );
  const { rows: actions } = await client.query<ActionRow>(
    `SELECT action_id, event_id, action, actor, reason, at, detail, (extract(epoch FROM clock_timestamp() - at) * 1000)::float8 AS age_ms,
            EXISTS (SELECT 1 FROM outbox o WHERE o.position = (detail ->> 'position')::bigint) AS in_outbox
       FROM outbox_actions ORDER BY at, action_id`,
  );
  const trails = Map.groupBy(actions, (row) => row.event_id);
  const still = new Set(parked.map((row) => row.event_id));
  const now = parked.map(
    (row): ParkedEvent => ({
      eventId: row.event_id,
      service,
      state: "parked",
      position: row.position,
      topic: row.topic,
      key: row.key?.toString("utf8"),
      eventType: row.event_type,
      bytes: row.bytes,
      code: row.error_code,
      message: row.error_message,
      createdAt: row.created_at.toISOString(),
      parkedAt: row.parked_at.toISOString(),
      ageMs: Math.round(row.age_ms),
      waiting: Number(row.waiting),
      actions: (trails.get(row.event_id) ?? []).map(toAction),
    }),
  );
  const past = [...trails].flatMap(([eventId, trail]) => {
    const last = trail.at(-1);
    return last === undefined || still.has(eventId) ? [] : [pastEvent(service, eventId, last, trail)];
  });
  return [...now, ...past].toSorted((a, b) => Number(BigInt(a.position) - BigInt(b.position)));
}

function pastEvent(service: string, eventId: string, last: ActionRow, trail: readonly ActionRow[]): ParkedEvent {
  const { key, ...detail } = last.detail;
  return {
    eventId,
    service,
    state: last.action === "discard" ? "discarded" : last.in_outbox ? "retried" : "published",
    ...detail,
    key: key === null ? undefined : Buffer.from(key, "hex").toString("utf8"),
    ageMs: Math.round(last.age_ms),
    waiting: 0,
    actions: trail.map(toAction),
  };
}

function toAction(row: ActionRow): OutboxAction {
  return {
    actionId: row.action_id,
    action: row.action,
    actor: row.actor ?? undefined,
    reason: row.reason ?? undefined,
    at: row.at.toISOString(),
  };
}

/** The record of a parked event; undefined when the event is no longer parked. */
export async function readParkedRecord(access: ServerAccess, event: ParkedEvent): Promise<ParkedRecord | undefined> {
  return await withDatabase(access, event.service, async (client) => {
    const {
      rows: [row],
    } = await client.query<{
      key: Buffer | null;
      body: Buffer | null;
      schema_id: number | null;
      raw: boolean;
      headers: StoredHeaders;
    }>("SELECT key, body, schema_id, raw, headers FROM outbox_parked WHERE position = $1", [event.position]);
    if (row === undefined) return undefined;
    const headers = Object.entries(restoredHeaders(row.headers)).map(
      ([name, value]) => [name, typeof value === "string" ? Buffer.from(value) : value] as const,
    );
    return { key: row.key, body: row.body, schemaId: row.schema_id ?? undefined, raw: row.raw, headers };
  });
}

/** Minimum length of an id's prefix that is accepted for the id. */
const MIN_PREFIX = 6;

/**
 * The events with these ids or unique prefixes of ids, without duplicates.
 * @throws KitError `KIT_OUTBOX_UNKNOWN_EVENT`.
 */
export function chooseEvents(events: readonly ParkedEvent[], ids: readonly string[]): readonly ParkedEvent[] {
  const chosen = ids.map((id) => {
    const wanted = id.toLowerCase();
    const found = wanted.length < MIN_PREFIX ? [] : events.filter(({ eventId }) => eventId.startsWith(wanted));
    const [event, second] = found;
    if (event === undefined) throw new KitError("KIT_OUTBOX_UNKNOWN_EVENT", `There is no parked event ${id}.`);
    if (second !== undefined)
      throw new KitError("KIT_OUTBOX_UNKNOWN_EVENT", `${found.length} parked events begin with ${id}.`);
    return event;
  });
  return [...new Set(chosen)];
}
