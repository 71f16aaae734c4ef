/** Retrying and discarding parked events; each action inserts its audit row in the same transaction. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { KitError } from "../errors.ts";
import type { ServerAccess } from "../platform/platform-access.ts";
import type { ParkedEvent } from "./parked-events.ts";
import { RECORD_BYTES, readParkedEvents, withDatabase } from "./parked-events.ts";

/** Who runs the command, and why. */
export interface Actor {
  /** Operating system user. */
  readonly name: string;
  readonly reason?: string;
}

/** Outcome of a retry. */
export type Aftermath = "published" | "parked-again" | "not-taken-up";

/** SQL that removes the parked row and keeps what the audit trail needs of it. */
const TAKE = `gone AS (DELETE FROM outbox_parked WHERE position = $1 AND event_id = $2 RETURNING *),
       noted AS (
         INSERT INTO outbox_actions (action_id, event_id, action, actor, reason, detail)
         SELECT $3, event_id, $4, $5, $6, jsonb_build_object(
                  'position', position::text, 'topic', topic, 'key', encode(key, 'hex'), 'eventType', event_type, 'bytes', ${RECORD_BYTES},
                  'code', error_code, 'message', error_message,
                  'createdAt', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                  'parkedAt', to_char(parked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
           FROM gone)`;

const STATEMENTS = {
  // The row gets its old position, so later events of its key stay behind it.
  retry: `WITH ${TAKE},
       back AS (
         INSERT INTO outbox (position, event_id, shard, topic, key, event_type, body, schema_id, raw, headers, created_at) OVERRIDING SYSTEM VALUE
         SELECT position, event_id, shard, topic, key, event_type, body, schema_id, raw, headers, created_at FROM gone)
       SELECT count(*)::int AS count FROM gone`,
  discard: `WITH ${TAKE} SELECT count(*)::int AS count FROM gone`,
} as const;

/**
 * Checks that an event is parked.
 * @throws KitError `KIT_OUTBOX_RESOLVED`.
 */
export function checkParked(event: ParkedEvent): void {
  if (event.state === "parked") return;
  const last = event.actions.at(-1);
  throw new KitError(
    "KIT_OUTBOX_RESOLVED",
    `Event ${event.eventId} is no longer parked: ${last?.action === "discard" ? "discarded" : "retried"} by ${last?.actor ?? "an unknown user"} at ${last?.at ?? "an unknown time"}`,
  );
}

/**
 * Retries or discards events in the order of their positions.
 * @throws KitError `KIT_OUTBOX_RESOLVED` when another operator was faster; the events before that one are done.
 */
export async function resolveEvents(
  access: ServerAccess,
  events: readonly ParkedEvent[],
  action: "retry" | "discard",
  actor: Actor,
): Promise<void> {
  for (const [service, ofService] of Map.groupBy(events, (event) => event.service)) {
    await withDatabase(access, service, async (client) => {
      for (const event of ofService) await resolve(client, event, action, actor);
    });
  }
}

async function resolve(client: Client, event: ParkedEvent, action: "retry" | "discard", actor: Actor): Promise<void> {
  const {
    rows: [row],
  } = await client.query<{ count: number }>(STATEMENTS[action], [
    event.position,
    event.eventId,
    randomUUID(),
    action,
    actor.name,
    actor.reason ?? null,
  ]);
  if (row?.count !== 1)
    throw new KitError("KIT_OUTBOX_RESOLVED", `Another operator has resolved event ${event.eventId}`);
}

const LOOK_MS = 200;

/** Waits until each retried event was published or parked again, within a limit in milliseconds. */
export async function awaitAftermath(
  access: ServerAccess,
  events: readonly ParkedEvent[],
  limitMs: number,
): Promise<ReadonlyMap<string, Aftermath>> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = new Map<string, Aftermath>();
    for (const service of new Set(events.map((event) => event.service))) {
      for (const event of await readParkedEvents(access, service)) {
        found.set(
          event.eventId,
          event.state === "parked" ? "parked-again" : event.state === "published" ? "published" : "not-taken-up",
        );
      }
    }
    const aftermaths = new Map(events.map(({ eventId }) => [eventId, found.get(eventId) ?? "not-taken-up"]));
    if (performance.now() >= end || ![...aftermaths.values()].includes("not-taken-up")) return aftermaths;
    await delay(LOOK_MS);
  }
}
