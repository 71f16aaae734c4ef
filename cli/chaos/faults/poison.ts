/**
 * Records that no consumer can read. Each must become a dead-letter record of every group that consumes the event, and no
 * record may wait behind it.
 */
import { randomUUID } from "node:crypto";
import { Producer } from "@platformatic/kafka";
import { KitError } from "../../errors.ts";
import type { InjectedRecord, WitnessedFault } from "../../witness.ts";
import type { Probe } from "../expectations.ts";
import type { KitInjection, PoisonKind } from "../schedule.ts";
import type { Site } from "../site.ts";
import { runFault } from "./fault.ts";

type Poison = Extract<KitInjection, { fault: "poison" }>;

/** Larger than any id that a registry assigns in practice. */
const UNKNOWN_SCHEMA_ID = 0x7fff_fff0;
const WRONG_MAGIC = 0x01;

/** The value, and whether the envelope is complete; pure. */
export function poisonedRecord(
  kind: PoisonKind,
  ids: { readonly own: number; readonly foreign: number },
): { readonly value: Buffer; readonly lacks?: "event-id" } {
  const header = (magic: number, id: number): Buffer => {
    const bytes = Buffer.alloc(5);
    bytes.writeUInt8(magic, 0);
    bytes.writeUInt32BE(id, 1);
    return bytes;
  };
  // A string whose stated length exceeds the whole record: every Avro reader fails on it.
  const unreadable = Buffer.from([0xfe, 0xff, 0xff, 0x0f, 0x6b, 0x69, 0x74]);
  switch (kind) {
    case "not-avro":
      return { value: Buffer.concat([header(0, ids.own), unreadable]) };
    case "wrong-magic-byte":
      return { value: Buffer.concat([header(WRONG_MAGIC, ids.own), unreadable]) };
    case "unknown-schema":
      return { value: Buffer.concat([header(0, UNKNOWN_SCHEMA_ID), unreadable]) };
    case "incompatible-schema":
      return { value: Buffer.concat([header(0, ids.foreign), unreadable]) };
    case "header-missing":
      return { value: Buffer.concat([header(0, ids.own), unreadable]), lacks: "event-id" };
  }
}

/** Writes the records and waits until each is a dead-letter record of every group that consumes its event. */
export async function poisonTopics(site: Site, injection: Poison, at: number): Promise<WitnessedFault> {
  const written: InjectedRecord[] = [];
  const deadLetters = deadLettersProbe(
    site,
    written,
    `dead-letter records of ${injection.records.length} wrong records (${injection.records.map(({ kind }) => kind).join(", ")})`,
  );
  return await runFault(site, {
    name: "wrong records in event topics",
    at,
    lengthMs: injection.lengthMs,
    probes: [deadLetters],
    async strike() {
      // Ids are requested before anything is written, so that an unavailable registry does not leave half of the records.
      const records = await Promise.all(
        injection.records.map(async (record) => ({ ...record, ids: await schemaIds(site, record.event) })),
      );
      const producer = new Producer({ ...site.access.kafka, idempotent: true });
      try {
        for (const record of records) {
          const injected = await write(site, producer, record);
          written.push(injected);
          site.injected(injected);
        }
      } finally {
        await producer.close();
      }
    },
    heal: () => Promise.resolve(),
  });
}

/** Whether every written record is a dead-letter record of every group that consumes its event. `written` may still grow. */
export function deadLettersProbe(site: Site, written: readonly InjectedRecord[], what: string): Probe {
  return {
    what,
    when: "after",
    read: async () =>
      `${await deadLettersOf(site, written)} of ${written.reduce((sum, { groups }) => sum + groups.length, 0)}`,
    felt: (_, after) => {
      const [found, wanted] = String(after).split(" of ");
      return found === wanted && found !== "0";
    },
  };
}

/** The envelope of an event as its headers. */
export function envelopeOf(site: Pick<Site, "now">, event: string): Readonly<Record<string, string>> {
  return {
    "event-id": randomUUID(),
    "event-type": event,
    "event-version": "1",
    "occurred-at": new Date(site.now()).toISOString(),
    "correlation-id": randomUUID(),
  };
}

/** Groups that consume an event. */
export function groupsOf(site: Pick<Site, "terrain">, topic: string, event: string): readonly string[] {
  return site.terrain.events.find((candidate) => candidate.topic === topic && candidate.event === event)?.groups ?? [];
}

async function write(
  site: Site,
  producer: Producer,
  record: { kind: PoisonKind; topic: string; event: string; ids: { own: number; foreign: number } },
): Promise<InjectedRecord> {
  const { kind, topic, event } = record;
  const { value, lacks } = poisonedRecord(kind, record.ids);
  const headers = new Map(
    Object.entries(envelopeOf(site, event))
      .filter(([name]) => name !== lacks)
      .map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
  );
  const { offsets } = await producer.send({
    messages: [{ topic, key: Buffer.from(randomUUID()), value, headers }],
    acks: -1,
  });
  const place = offsets?.[0];
  if (place === undefined)
    throw new KitError("KIT_CHAOS_FAILED", `Kafka did not say where in ${topic} the record was written`);
  site.note(`${kind}: ${topic}/${place.partition} at ${place.offset}, as ${event}`);
  return {
    topic,
    partition: place.partition,
    offset: place.offset.toString(),
    kind,
    groups: groupsOf(site, topic, event),
  };
}

async function deadLettersOf(site: Site, written: readonly InjectedRecord[]): Promise<number> {
  const groups = [...new Set(written.flatMap((record) => record.groups))];
  const counts = await Promise.all(
    groups.map(async (group) => {
      const wanted = written.filter((record) => record.groups.includes(group));
      const client = await site.access.database(group);
      try {
        const { rows } = await client.query<{ count: string }>(
          `SELECT count(*) FROM dead_letters JOIN unnest($1::text[], $2::int[], $3::bigint[]) AS w(topic, partition, "offset") USING (topic, partition, "offset")`,
          [
            wanted.map(({ topic }) => topic),
            wanted.map(({ partition }) => partition),
            wanted.map(({ offset }) => offset),
          ],
        );
        return Number(rows[0]?.count ?? 0);
      } finally {
        await client.end().catch(() => undefined);
      }
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

const REGISTRY_LIMIT_MS = 5_000;

/** Ids of the event's own schema and of another event's. */
export async function schemaIds(site: Site, event: string): Promise<{ own: number; foreign: number }> {
  const published = site.contracts
    .flatMap(({ publishes }) => publishes)
    .toSorted((a, b) => (a.event < b.event ? -1 : 1));
  const own = published.find((candidate) => candidate.event === event);
  const foreign = published.find((candidate) => candidate.event !== event);
  if (own === undefined || foreign === undefined)
    throw new KitError("KIT_CHAOS_FAILED", `no running service publishes ${event}`);
  return { own: await latestId(site, own.subject), foreign: await latestId(site, foreign.subject) };
}

async function latestId(site: Site, subject: string): Promise<number> {
  const url = `${site.access.registry}/subjects/${encodeURIComponent(subject)}/versions/latest`;
  const response = await fetch(url, { signal: AbortSignal.timeout(REGISTRY_LIMIT_MS) }).catch((cause: unknown) => {
    throw new KitError("KIT_SERVER_UNREACHABLE", `GET ${url}`, { cause });
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (typeof answer === "object" && answer !== null && "id" in answer && typeof answer.id === "number")
    return answer.id;
  throw new KitError("KIT_CHAOS_FAILED", `the registry does not say the id of ${subject} (status ${response.status})`);
}
