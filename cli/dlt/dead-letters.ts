/** Dead-letter records in the services' tables: the failure, its reason, and the actions on it. */
import type { Client } from "pg";
import { KitError } from "../errors.ts";
import type { ServerAccess } from "../platform/platform-access.ts";

/** State of a dead-letter record. */
export type DeadLetterState =
  /** Neither replayed nor discarded. */
  | "open"
  /** A replay was started, and it is unknown whether its record was written; replaying again is safe. */
  | "in-doubt"
  /** Written to its origin topic again. */
  | "replayed"
  /** Its replay failed; a new dead-letter record for that failure replaces this one. */
  | "failed-again"
  /** Discarded, with a reason. */
  | "discarded";

/** One entry of a dead-letter record's audit trail. */
export interface DeadLetterAction {
  readonly actionId: string;
  readonly action: "replay" | "discard";
  /** Operating system user. */
  readonly actor: string | undefined;
  readonly reason: string | undefined;
  /** ISO 8601. */
  readonly at: string;
  /** Where a replay wrote the record; absent: in doubt. */
  readonly written: { readonly topic: string; readonly partition: number; readonly offset: string } | undefined;
}

/** A dead-letter record. */
export interface DeadLetter {
  readonly letterId: string;
  /** Consumer group that could not handle the record; it has its service's name. */
  readonly group: string;
  readonly state: DeadLetterState;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string };
  readonly eventId: string | undefined;
  readonly eventType: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  /** ISO 8601. */
  readonly failedAt: string;
  readonly ageMs: number;
  /** Id of the record whose replay failed with this one. */
  readonly replayOf: string | undefined;
  /** Id of the record that the last failed replay of this one became. */
  readonly failedAgainAs: string | undefined;
  /** Oldest first. */
  readonly actions: readonly DeadLetterAction[];
}

interface DeadLetterRow {
  readonly letter_id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly event_id: string | null;
  readonly event_type: string;
  readonly error_code: string;
  readonly error_message: string;
  readonly attempts: number;
  readonly failed_at: Date;
  readonly age_ms: number;
  readonly replay_of: string | null;
}

interface ActionRow {
  readonly action_id: string;
  readonly letter_id: string;
  readonly action: "replay" | "discard";
  readonly actor: string | null;
  readonly reason: string | null;
  readonly at: Date;
  readonly detail: unknown;
}

/** Whether a state still needs a replay or a discard. */
export function needsWork(state: DeadLetterState): boolean {
  return state === "open" || state === "in-doubt";
}

/**
 * Dead-letter records of all services, or of one group, oldest first.
 * @throws KitError `KIT_DLT_UNKNOWN_GROUP`, `KIT_SERVER_UNREACHABLE`.
 */
export async function readDeadLetters(access: ServerAccess, group?: string): Promise<readonly DeadLetter[]> {
  if (group !== undefined && !access.services.includes(group))
    throw new KitError("KIT_DLT_UNKNOWN_GROUP", `${group}; there are ${access.services.join(", ")}`);
  const services = group === undefined ? access.services : [group];
  const deadLetters = await Promise.all(
    services.map(async (service) => {
      const client = await access.database(service);
      try {
        return await deadLettersOf(client, service);
      } finally {
        await client.end();
      }
    }),
  );
  return deadLetters
    .flat()
    .toSorted((a, b) =>
      a.failedAt === b.failedAt ? (a.letterId < b.letterId ? -1 : 1) : a.failedAt < b.failedAt ? -1 : 1,
    );
}

async function deadLettersOf(client: Client, service: string): Promise<readonly DeadLetter[]> {
  const {
    rows: [tables],
  } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('public.dead_letters') IS NOT NULL AND to_regclass('public.dead_letter_actions') IS NOT NULL AS there",
  );
  if (tables?.there !== true) return [];
  const { rows: deadLetters } = await client.query<DeadLetterRow>(
    `SELECT letter_id, topic, partition, "offset", event_id, event_type, error_code, error_message, attempts, failed_at, replay_of,
            (extract(epoch FROM clock_timestamp() - failed_at) * 1000)::float8 AS age_ms
       FROM dead_letters ORDER BY failed_at`,
  );
  const { rows: actions } = await client.query<ActionRow>(
    "SELECT action_id, letter_id, action, actor, reason, at, detail FROM dead_letter_actions WHERE letter_id = ANY($1::uuid[]) ORDER BY at",
    [deadLetters.map((deadLetter) => deadLetter.letter_id)],
  );
  const actionsOf = Map.groupBy(
    actions.map((row) => ({ letterId: row.letter_id, action: toAction(row) })),
    ({ letterId }) => letterId,
  );
  const successors = new Map(
    deadLetters.flatMap((row) => (row.replay_of === null ? [] : [[row.replay_of, row] as const])),
  );
  return deadLetters.map((row) => {
    const trail = (actionsOf.get(row.letter_id) ?? []).map(({ action }) => action);
    const successor = successors.get(row.letter_id);
    return {
      letterId: row.letter_id,
      group: service,
      state: stateOf(trail, successor),
      origin: { topic: row.topic, partition: row.partition, offset: row.offset },
      eventId: row.event_id ?? undefined,
      eventType: row.event_type,
      code: row.error_code,
      message: row.error_message,
      attempts: row.attempts,
      failedAt: row.failed_at.toISOString(),
      ageMs: Math.round(row.age_ms),
      replayOf: row.replay_of ?? undefined,
      failedAgainAs: successor?.letter_id,
      actions: trail,
    };
  });
}

function toAction(row: ActionRow): DeadLetterAction {
  return {
    actionId: row.action_id,
    action: row.action,
    actor: row.actor ?? undefined,
    reason: row.reason ?? undefined,
    at: row.at.toISOString(),
    written: writtenOf(row.detail),
  };
}

function writtenOf(detail: unknown): DeadLetterAction["written"] {
  if (
    typeof detail !== "object" ||
    detail === null ||
    !("topic" in detail) ||
    !("partition" in detail) ||
    !("offset" in detail)
  )
    return undefined;
  const { topic, partition, offset } = detail;
  return typeof topic === "string" && typeof partition === "number" && typeof offset === "string"
    ? { topic, partition, offset }
    : undefined;
}

/** The last action decides the state, together with a dead-letter record of a failed replay. */
export function stateOf(
  actions: readonly Pick<DeadLetterAction, "action" | "at" | "written">[],
  successor: { readonly failed_at: Date } | undefined,
): DeadLetterState {
  const last = actions.at(-1);
  if (last === undefined) return "open";
  if (last.action === "discard") return "discarded";
  // A replay that was started after the failed one takes precedence.
  if (successor !== undefined && successor.failed_at.toISOString() >= last.at) return "failed-again";
  return last.written === undefined ? "in-doubt" : "replayed";
}

/** Minimum length of an id's prefix that is accepted for the id. */
const MIN_PREFIX = 6;

/**
 * The dead-letter records with these ids or unique prefixes of ids, without duplicates.
 * @throws KitError `KIT_DLT_UNKNOWN_LETTER`.
 */
export function chooseDeadLetters(deadLetters: readonly DeadLetter[], ids: readonly string[]): readonly DeadLetter[] {
  const chosen = ids.map((id) => {
    const wanted = id.toLowerCase();
    const found = wanted.length < MIN_PREFIX ? [] : deadLetters.filter(({ letterId }) => letterId.startsWith(wanted));
    const [deadLetter, second] = found;
    if (deadLetter === undefined) throw new KitError("KIT_DLT_UNKNOWN_LETTER", `There is no dead-letter record ${id}.`);
    if (second !== undefined)
      throw new KitError("KIT_DLT_UNKNOWN_LETTER", `${found.length} dead-letter records begin with ${id}.`);
    return deadLetter;
  });
  return [...new Set(chosen)];
}
