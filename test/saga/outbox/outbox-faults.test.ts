import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { systemClock } from "@event-platform-kit/service/clock";
import { deadLetterEntry } from "@event-platform-kit/service/consumer/dead-letter";
import { ServiceError } from "@event-platform-kit/service/errors";
import type { Codec } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import type { OutboxEntry } from "@event-platform-kit/service/outbox";
import { transactionalOutbox } from "@event-platform-kit/service/outbox";
import type { Database } from "@event-platform-kit/service/storage/database";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Publisher } from "../../../service-templates/lib/kafka/kafka.ts";
import { openPublisher } from "../../../service-templates/lib/kafka/publisher.ts";
import { recordBytes } from "../../../service-templates/lib/kafka/request-packing.ts";
import type { ParkedRow } from "../../../service-templates/lib/outbox/outbox-shards.ts";
import type { Relay } from "../../../service-templates/lib/outbox/relay.ts";
import { outboxRelay } from "../../../service-templates/lib/outbox/relay.ts";
import { eventually } from "../../platform/condition.ts";
import { passwordOf } from "../servers/authorities.ts";
import { ROOT } from "../servers/order-platform.ts";
import type { TestPostgres } from "../servers/postgres.ts";
import { startPostgres } from "../servers/postgres.ts";
import { readTopic } from "../servers/records.ts";
import type { SecureKafka } from "../servers/secure-kafka.ts";
import { startSecureKafka } from "../servers/secure-kafka.ts";

const LIMIT_MS = 60_000;
const PRINCIPAL = "relay";
const BYTES_PER_DRAIN = 4 * 1_024 * 1_024;

/** A codec whose registry can be without one schema, or away. */
const registry = { missing: new Set<string>(), away: false };
const codec = {
  async schemaId(event: string) {
    if (registry.away) throw new ServiceError("SVC_REGISTRY_UNAVAILABLE", "status 503");
    if (registry.missing.has(event)) throw new ServiceError("SVC_REGISTRY_SCHEMA_MISSING", `no schema of ${event}`);
    return 1;
  },
} as unknown as Codec;

describe("events that cannot be published, on PostgreSQL and Kafka", () => {
  let postgres: TestPostgres;
  let kafka: SecureKafka;
  let database: Database;
  let publisher: Publisher;
  let topics = 0;
  const relays: Relay[] = [];
  beforeAll(async () => {
    [postgres, kafka] = await Promise.all([startPostgres(), startSecureKafka()]);
    await postgres.createDatabase("relay", join(ROOT, "service-templates/order-service/migrations"));
    database = openDatabase(postgres.login("relay"), { applicationName: "relay", onError: () => undefined });
    const rule = { principal: PRINCIPAL, resourceType: "Topic", resourceName: "topic-", pattern: "Prefixed" } as const;
    await kafka.allow(
      [PRINCIPAL],
      [
        { ...rule, operation: "Write" },
        { ...rule, operation: "Describe" },
      ],
    );
    publisher = openPublisher({
      config: {
        brokers: [kafka.bootstrap],
        ca: kafka.ca,
        username: PRINCIPAL,
        password: passwordOf(PRINCIPAL),
        contractFile: "",
        schemasDir: "",
        registryUrl: "",
      },
      clientId: "relay",
    });
  });
  afterAll(async () => {
    await publisher?.close();
    await database?.close();
    await kafka?.stop();
    await postgres?.stop();
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop(0)));
    registry.missing.clear();
    registry.away = false;
    for (const table of ["outbox", "outbox_parked"]) await database.query({ text: `DELETE FROM ${table}` });
  });

  /** A topic of its own, with one partition. */
  async function topic(): Promise<string> {
    topics += 1;
    const name = `topic-${topics}`;
    await kafka.createTopics(new Map([[name, 1]]));
    return name;
  }
  function start(options: { readonly believedAfterMs?: number; readonly publisher?: Publisher } = {}): {
    readonly parked: ParkedRow[];
    readonly errors: unknown[];
    readonly published: () => number;
  } {
    const seen = { parked: [] as ParkedRow[], errors: [] as unknown[] };
    let published = 0;
    const relay = outboxRelay({
      database,
      publisher,
      codec,
      pollMs: 50,
      believedAfterMs: 300,
      clock: systemClock,
      ...options,
      onPublished: (count) => {
        published += count;
      },
      onError: (error) => seen.errors.push(error),
      onParked: (row) => seen.parked.push(row),
    });
    relays.push(relay);
    relay.start();
    return { ...seen, published: () => published };
  }
  const entry = (to: string, key: string, place: number, extra: Partial<OutboxEntry> = {}): OutboxEntry => ({
    id: uuidV7(systemClock),
    topic: to,
    key: Buffer.from(key),
    eventType: "e",
    body: Buffer.from(String(place)),
    schemaId: null,
    raw: true,
    headers: { place: String(place) },
    ...extra,
  });
  const write = (...entries: readonly OutboxEntry[]): Promise<void> =>
    database.transaction((tx) => transactionalOutbox({ codec, wake: () => undefined }).put(tx, entries));
  const count = async (table: string): Promise<number> =>
    Number((await database.query<{ count: string }>({ text: `SELECT count(*) FROM ${table}` }))[0]?.count);
  const emptied = (): Promise<true> =>
    eventually("an empty outbox", async () => ((await count("outbox")) === 0 ? true : undefined), LIMIT_MS);
  const places = async (from: string, key: string, records: number): Promise<readonly (string | undefined)[]> =>
    (await readTopic(kafka, from, records))
      .filter((record) => record.key === key)
      .map((record) => record.headers.place);

  it("publishes 200 dead-letter records of 24 kB for one partition", async () => {
    const dlt = await topic();
    await write(...Array.from({ length: 200 }, (_, place) => entry(dlt, "same", place, { body: randomBytes(24_000) })));
    const { parked } = start();
    await emptied();
    expect(parked).toEqual([]);
    expect(await places(dlt, "same", 200)).toEqual(Array.from({ length: 200 }, (_, place) => String(place)));
  });

  it("publishes the dead-letter record of a large record with a binary header byte for byte", async () => {
    const dlt = await topic();
    const binary = randomBytes(60_000);
    const deadLetter = deadLetterEntry(
      {
        record: {
          topic: "origin",
          partition: 0,
          offset: 1n,
          key: Buffer.from("k"),
          value: randomBytes(900_000),
          headers: new Map([["binary", binary]]),
          leaderEpoch: 0,
          timestamp: 0,
        },
        error: new Error("no"),
        attempts: 1,
      },
      { group: "g", topic: dlt, failedAt: new Date().toISOString() },
    );
    await write(deadLetter);
    const { parked } = start();
    await emptied();
    expect(parked).toEqual([]);
    const [record] = await readTopic(kafka, dlt, 1);
    expect(record?.headerBytes.get("binary")?.equals(binary)).toBe(true);
    expect(record?.value).toHaveLength(900_000);
  });

  it("parks a record that is too large; its key waits behind it, in order, and others go on", async () => {
    const events = await topic();
    await write(
      entry(events, "large", 0),
      entry(events, "large", 1, { body: randomBytes(1_500_000) }),
      entry(events, "large", 2),
      ...Array.from({ length: 60 }, (_, place) => entry(events, `other-${place}`, place)),
    );
    const { parked } = start();
    await eventually(
      "the rest to be published",
      async () => ((await count("outbox")) === 1 ? true : undefined),
      LIMIT_MS,
    );
    await write(entry(events, "large", 3), entry(events, "late", 0));
    await eventually(
      "the late one to be published",
      async () => ((await count("outbox")) === 2 ? true : undefined),
      LIMIT_MS,
    );
    expect(parked.map(({ code, row }) => [code, row.headers.place])).toEqual([["SVC_PUBLISH_TOO_LARGE", "1"]]);
    const [row] = await database.query({
      text: "SELECT error_code, error_message, octet_length(body) AS size FROM outbox_parked",
    });
    expect(row).toMatchObject({ error_code: "SVC_PUBLISH_TOO_LARGE", size: 1_500_000 });
    // Discarded, nothing is in the way any more.
    await database.query({ text: "DELETE FROM outbox_parked" });
    await emptied();
    expect([...new Set(await places(events, "large", 64))]).toEqual(["0", "2", "3"]);
  });

  it("parks what goes to a missing topic, and takes it back in its place once the topic is there", async () => {
    const events = await topic();
    await write(entry("topic-missing", "k", 0), entry("topic-missing", "k", 1), entry(events, "k", 0));
    const { parked } = start();
    await eventually(
      "the first of the missing topic to be parked",
      async () => ((await count("outbox_parked")) === 1 && (await count("outbox")) === 1 ? true : undefined),
      LIMIT_MS,
    );
    expect(parked.map(({ code }) => code)).toEqual(["SVC_PUBLISH_TOPIC_MISSING"]);
    expect(await places(events, "k", 1)).toEqual(["0"]);
    await kafka.createTopics(new Map([["topic-missing", 1]]));
    await database.query({
      text: `WITH back AS (DELETE FROM outbox_parked RETURNING *)
             INSERT INTO outbox (position, event_id, shard, topic, key, event_type, body, schema_id, raw, headers, created_at) OVERRIDING SYSTEM VALUE
             SELECT position, event_id, shard, topic, key, event_type, body, schema_id, raw, headers, created_at FROM back`,
    });
    await emptied();
    expect(await places("topic-missing", "k", 2)).toEqual(["0", "1"]);
  });

  it("parks what goes to a topic that is denied", async () => {
    const events = await topic();
    await kafka.createTopics(new Map([["denied", 1]]));
    await write(entry("denied", "k", 0), entry(events, "k", 0));
    const { parked } = start();
    await eventually(
      "the one of the denied topic to be parked",
      async () => ((await count("outbox_parked")) === 1 && (await count("outbox")) === 0 ? true : undefined),
      LIMIT_MS,
    );
    expect(parked.map(({ code }) => code)).toEqual(["SVC_PUBLISH_DENIED"]);
    expect(await places(events, "k", 1)).toEqual(["0"]);
  });

  it("does not park what a broker denies for a moment only", async () => {
    const events = await topic();
    await write(entry("topic-moment", "k", 0), entry(events, "k", 0));
    const { parked, errors } = start({ believedAfterMs: LIMIT_MS });
    await eventually("a refusal", () => (errors.length > 0 ? true : undefined), LIMIT_MS);
    await kafka.createTopics(new Map([["topic-moment", 1]]));
    await emptied();
    expect(parked).toEqual([]);
  });

  it("parks what has no schema; a registry that is away parks nothing", async () => {
    const events = await topic();
    registry.missing.add("unknown");
    registry.away = true;
    const { parked, errors } = start();
    await write(entry(events, "a", 0, { eventType: "unknown", raw: false }), entry(events, "b", 0));
    await eventually(
      "the other one, and a failure",
      async () => (errors.length > 2 && (await count("outbox")) === 1 ? true : undefined),
      LIMIT_MS,
    );
    expect(parked).toEqual([]);
    registry.away = false;
    await eventually(
      "the one without a schema to be parked",
      async () => ((await count("outbox_parked")) === 1 ? true : undefined),
      LIMIT_MS,
    );
    expect(parked.map(({ code }) => code)).toEqual(["SVC_REGISTRY_SCHEMA_MISSING"]);
  });

  it("reads a bounded number of bytes, however many large rows there are", async () => {
    const requests: number[] = [];
    const memory: Publisher = {
      publish: async (records) => {
        requests.push(records.reduce((sum, record) => sum + recordBytes(record), 0));
      },
      partitionsOf: async (records) => records.map((_, place) => place % 30),
      close: async () => undefined,
    };
    for (let place = 0; place < 60; place += 1)
      await write(entry("t", `k-${place}`, place, { body: randomBytes(700_000) }));
    const { published } = start({ publisher: memory });
    await emptied();
    expect(published()).toBe(60);
    expect(Math.max(...requests)).toBeLessThan(BYTES_PER_DRAIN + 1_000_000);
  });

  it("parks nothing while the brokers are away, and publishes in order when they are back", async () => {
    const events = await topic();
    const { parked, errors } = start();
    await kafka.kill();
    await write(...Array.from({ length: 5 }, (_, place) => entry(events, "k", place)));
    await eventually("two failures", () => (errors.length >= 2 ? true : undefined), 60_000);
    expect(parked).toEqual([]);
    expect(await count("outbox")).toBe(5);
    await kafka.start();
    await eventually("an empty outbox", async () => ((await count("outbox")) === 0 ? true : undefined), 60_000);
    expect(parked).toEqual([]);
    expect((await places(events, "k", 5)).slice(-5)).toEqual(["0", "1", "2", "3", "4"]);
  });
});
