/**
 * Replaying and discarding. A replay first writes an audit row without a location, then the record to its origin
 * topic, then the location into the row. If the command dies in between, the row shows that a replay was started:
 * the dead-letter record is in doubt and can be replayed again, because the group's inbox applies the event once.
 * The service can write the row that names the origin, so the command does not trust it: a replay writes only to
 * topics that the group consumes, as a principal that may write to no other topic.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Producer } from "@platformatic/kafka";
import type { Client } from "pg";
import { KitError } from "../errors.ts";
import type { ServerAccess } from "../platform/platform-access.ts";
import type { ServiceContract } from "../verify/evidence.ts";
import type { DeadLetterRecord } from "./dead-letter-records.ts";
import { replayHeaders } from "./dead-letter-records.ts";
import type { DeadLetter } from "./dead-letters.ts";
import { needsWork } from "./dead-letters.ts";

/** Who runs the command, and why. */
export interface Actor {
  /** Operating system user. */
  readonly name: string;
  readonly reason?: string;
}

/** A replay that was written. */
export interface Replayed {
  readonly letter: DeadLetter;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** How the group handled a replay. */
export type Aftermath =
  /** The event is in the group's inbox. */
  | { readonly outcome: "applied" }
  /** It failed again, with a dead-letter record of its own. */
  | { readonly outcome: "failed-again"; readonly letterId: string; readonly code: string; readonly message: string }
  /** No outcome yet. */
  | { readonly outcome: "not-taken-up" };

/**
 * Checks that a dead-letter record may be replayed or discarded.
 * @param again - Allows records that were already replayed or discarded.
 * @throws KitError `KIT_DLT_RESOLVED`.
 */
export function checkResolvable(deadLetter: DeadLetter, again: boolean): void {
  if (again || needsWork(deadLetter.state)) return;
  const last = deadLetter.actions.at(-1);
  const done =
    deadLetter.state === "failed-again"
      ? `Record ${deadLetter.letterId} was replayed and failed again as ${deadLetter.failedAgainAs ?? "another record"}`
      : `Record ${deadLetter.letterId} was ${deadLetter.state} by ${last?.actor ?? "an unknown user"} at ${last?.at ?? "an unknown time"}`;
  throw new KitError("KIT_DLT_RESOLVED", done);
}

/** Topics to which a group's dead-letter records may be replayed. */
function replayTopicsOf(contracts: readonly ServiceContract[], group: string): readonly string[] {
  return contracts
    .filter((contract) => contract.group === group)
    .flatMap(({ consumes }) => consumes.map(({ topic }) => topic));
}

/** Whether the group consumes the topic that the dead-letter record names as its origin. */
export function isReplayable({ group, origin }: DeadLetter, contracts: readonly ServiceContract[]): boolean {
  return replayTopicsOf(contracts, group).includes(origin.topic);
}

/**
 * Checks that a dead-letter record may be replayed to the topic that it names.
 * @throws KitError `KIT_DLT_FOREIGN_TOPIC`.
 */
export function checkReplayable(deadLetter: DeadLetter, contracts: readonly ServiceContract[]): void {
  if (isReplayable(deadLetter, contracts)) return;
  const { letterId, group, origin } = deadLetter;
  const topics = replayTopicsOf(contracts, group);
  throw new KitError(
    "KIT_DLT_FOREIGN_TOPIC",
    `Record ${letterId} names the origin topic ${origin.topic}, which ${group} does not consume (it consumes ${topics.length === 0 ? "nothing" : topics.join(", ")})`,
  );
}

/** Sorts dead-letter records by their origin, so that replays keep the order of each key. */
export function inOrderOfOrigin(deadLetters: readonly DeadLetter[]): readonly DeadLetter[] {
  return deadLetters.toSorted((a, b) =>
    a.origin.topic === b.origin.topic
      ? a.origin.partition - b.origin.partition || Number(BigInt(a.origin.offset) - BigInt(b.origin.offset))
      : a.origin.topic < b.origin.topic
        ? -1
        : 1,
  );
}

/**
 * Replays dead-letter records one after the other, in the order of their origins.
 * @param records - The content of each of them.
 * @param options - `contracts`: the planned contracts of their groups.
 * @throws KitError `KIT_DLT_FOREIGN_TOPIC`, `KIT_DLT_RECORD_GONE` before anything is changed; `KIT_DLT_RESOLVED` when another operator was faster; `KIT_DLT_NOT_WRITTEN`: that record is in doubt, the ones before it are replayed.
 */
export async function replayDeadLetters(
  access: ServerAccess,
  deadLetters: readonly DeadLetter[],
  records: ReadonlyMap<string, DeadLetterRecord>,
  options: {
    readonly contracts: readonly ServiceContract[];
    readonly actor: Actor;
    readonly again: boolean;
    readonly onReplayed?: (replayed: Replayed) => void;
  },
): Promise<readonly Replayed[]> {
  for (const deadLetter of deadLetters) checkReplayable(deadLetter, options.contracts);
  const work = inOrderOfOrigin(deadLetters).map((deadLetter) => ({
    letter: deadLetter,
    record: recordOf(deadLetter, records),
  }));
  const producer = new Producer({ ...access.replayer(), idempotent: true, compression: "lz4" });
  const done: Replayed[] = [];
  try {
    for (const { letter, record } of work) {
      const client = await access.database(letter.group);
      try {
        const actionId = await begin(client, letter, "replay", options);
        const place = await write(producer, letter, record);
        await client.query("UPDATE dead_letter_actions SET detail = $2 WHERE action_id = $1", [
          actionId,
          JSON.stringify(place),
        ]);
        const replayed = { letter, ...place };
        done.push(replayed);
        options.onReplayed?.(replayed);
      } finally {
        await client.end();
      }
    }
  } finally {
    await producer.close().catch(() => undefined);
  }
  return done;
}

/**
 * Discards dead-letter records and keeps the reason in the audit trail.
 * @throws KitError `KIT_DLT_RESOLVED` when another operator was faster.
 */
export async function discardDeadLetters(
  access: ServerAccess,
  deadLetters: readonly DeadLetter[],
  options: { readonly actor: Actor; readonly again: boolean },
): Promise<void> {
  for (const deadLetter of deadLetters) {
    const client = await access.database(deadLetter.group);
    try {
      await begin(client, deadLetter, "discard", options);
    } finally {
      await client.end();
    }
  }
}

function recordOf(deadLetter: DeadLetter, records: ReadonlyMap<string, DeadLetterRecord>): DeadLetterRecord {
  const record = records.get(deadLetter.letterId);
  if (record === undefined) throw new KitError("KIT_DLT_RECORD_GONE", deadLetter.letterId);
  return record;
}

/** Inserts the action and returns its id; fails if another action was inserted since the record was read. */
async function begin(
  client: Client,
  deadLetter: DeadLetter,
  action: "replay" | "discard",
  { actor, again }: { readonly actor: Actor; readonly again: boolean },
): Promise<string> {
  const actionId = randomUUID();
  await client.query("BEGIN");
  try {
    // The lock lets one operator at a time act on a record.
    await client.query("SELECT 1 FROM dead_letters WHERE letter_id = $1 FOR UPDATE", [deadLetter.letterId]);
    const {
      rows: [row],
    } = await client.query<{ count: string }>("SELECT count(*) FROM dead_letter_actions WHERE letter_id = $1", [
      deadLetter.letterId,
    ]);
    if (Number(row?.count ?? 0) !== deadLetter.actions.length && !again)
      throw new KitError("KIT_DLT_RESOLVED", `Another operator is working on record ${deadLetter.letterId}`);
    await client.query(
      "INSERT INTO dead_letter_actions (action_id, letter_id, action, actor, reason) VALUES ($1, $2, $3, $4, $5)",
      [actionId, deadLetter.letterId, action, actor.name, actor.reason ?? null],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
  return actionId;
}

async function write(
  producer: Producer,
  deadLetter: DeadLetter,
  record: DeadLetterRecord,
): Promise<{ readonly topic: string; readonly partition: number; readonly offset: string }> {
  const { topic, partition } = deadLetter.origin;
  try {
    const { offsets } = await producer.send({
      messages: [
        {
          topic,
          partition,
          ...(record.key === null ? {} : { key: record.key }),
          ...(record.value === null ? {} : { value: record.value }),
          headers: new Map(replayHeaders(deadLetter, record)),
        },
      ],
    });
    const offset = offsets?.find((written) => written.topic === topic && written.partition === partition)?.offset;
    if (offset === undefined) throw new Error("the broker returned no offset");
    return { topic, partition, offset: offset.toString() };
  } catch (cause) {
    throw new KitError(
      "KIT_DLT_NOT_WRITTEN",
      `${deadLetter.letterId}, to ${topic} partition ${partition}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

const LOOK_MS = 100;

/** Waits until the group has consumed each replay, up to a limit in milliseconds. */
export async function awaitAftermath(
  access: ServerAccess,
  replayed: readonly Replayed[],
  limitMs: number,
): Promise<ReadonlyMap<string, Aftermath>> {
  const found = new Map<string, Aftermath>(
    replayed.map(({ letter }) => [letter.letterId, { outcome: "not-taken-up" }]),
  );
  const end = performance.now() + limitMs;
  for (const [group, ofGroup] of Map.groupBy(replayed, ({ letter }) => letter.group)) {
    const client = await access.database(group);
    try {
      const open = new Map(ofGroup.map((item) => [item.letter.letterId, item]));
      for (;;) {
        for (const [letterId, aftermath] of await lookAt(client, [...open.values()])) {
          found.set(letterId, aftermath);
          open.delete(letterId);
        }
        if (open.size === 0 || performance.now() >= end) break;
        await delay(LOOK_MS);
      }
    } finally {
      await client.end();
    }
  }
  return found;
}

async function lookAt(client: Client, replayed: readonly Replayed[]): Promise<ReadonlyMap<string, Aftermath>> {
  const found = new Map<string, Aftermath>();
  const { rows: failed } = await client.query<{
    letter_id: string;
    topic: string;
    partition: number;
    offset: string;
    error_code: string;
    error_message: string;
  }>(
    `SELECT letter_id, topic, partition, "offset", error_code, error_message FROM dead_letters WHERE replay_of = ANY($1::uuid[])`,
    [replayed.map(({ letter }) => letter.letterId)],
  );
  const { rows: applied } = await client.query<{ event_id: string }>(
    "SELECT event_id FROM inbox WHERE event_id::text = ANY($1::text[])",
    [replayed.flatMap(({ letter }) => letter.eventId ?? [])],
  );
  const inbox = new Set(applied.map((row) => row.event_id));
  for (const { letter, topic, partition, offset } of replayed) {
    const failure = failed.find((row) => row.topic === topic && row.partition === partition && row.offset === offset);
    if (failure !== undefined)
      found.set(letter.letterId, {
        outcome: "failed-again",
        letterId: failure.letter_id,
        code: failure.error_code,
        message: failure.error_message,
      });
    else if (letter.eventId !== undefined && inbox.has(letter.eventId))
      found.set(letter.letterId, { outcome: "applied" });
  }
  return found;
}
