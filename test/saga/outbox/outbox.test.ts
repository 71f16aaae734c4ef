import { join } from "node:path";
import { pause, systemClock } from "@event-platform-kit/service/clock";
import type { Codec } from "@event-platform-kit/service/events/codec";
import { derivedUuid } from "@event-platform-kit/service/ids";
import type { Outbox, OutboxEntry } from "@event-platform-kit/service/outbox";
import { transactionalOutbox } from "@event-platform-kit/service/outbox";
import type { Database } from "@event-platform-kit/service/storage/database";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OutgoingRecord, Publisher } from "../../../service-templates/lib/kafka/kafka.ts";
import type { Relay } from "../../../service-templates/lib/outbox/relay.ts";
import { outboxRelay } from "../../../service-templates/lib/outbox/relay.ts";
import { eventually } from "../../platform/condition.ts";
import { ROOT } from "../servers/order-platform.ts";
import type { TestPostgres } from "../servers/postgres.ts";
import { startPostgres } from "../servers/postgres.ts";

/** A topic in memory that several relays publish to, with a switch to fail. */
function memoryTopic(): Publisher & {
  readonly records: OutgoingRecord[];
  fail: "no" | "before" | "after";
  delayMs: number;
  readonly thaw: AbortController;
} {
  const topic = {
    records: [] as OutgoingRecord[],
    fail: "no" as "no" | "before" | "after",
    delayMs: 0,
    thaw: new AbortController(),
    async publish(records: readonly OutgoingRecord[]) {
      if (topic.fail === "before") throw new Error("the broker is away");
      if (topic.delayMs > 0) await pause(topic.delayMs, topic.thaw.signal);
      topic.records.push(...records);
      if (topic.fail === "after") throw new Error("written, but the answer was lost");
    },
    partitionsOf: async (records: readonly OutgoingRecord[]) => records.map(() => 0),
    close: async () => undefined,
  };
  return topic;
}

/** The type of an event that no consumer waits for. */
const UNHURRIED = "unhurried";

const codec = { schemaId: async () => 1 } as unknown as Codec;

describe("outbox and relay on PostgreSQL", () => {
  let postgres: TestPostgres;
  let database: Database;
  const relays: Relay[] = [];
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.createDatabase("relay", join(ROOT, "service-templates/order-service/migrations"));
    database = openDatabase(postgres.login("relay"), {
      applicationName: "relay",
      connections: 20,
      onError: () => undefined,
    });
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.stop();
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop(0)));
    await database.query({ text: "DELETE FROM outbox" });
  });

  function instance(
    topic: Publisher,
    pollMs = 50,
    gatherMs = 500,
  ): { outbox: Outbox; relay: Relay; published: () => number } {
    let published = 0;
    const relay = outboxRelay({
      database,
      publisher: topic,
      codec,
      pollMs,
      gatherMs,
      batch: 20,
      clock: systemClock,
      onPublished: (count) => {
        published += count;
      },
      onError: () => undefined,
    });
    relays.push(relay);
    return {
      relay,
      outbox: transactionalOutbox({ codec, wake: relay.wake, hurried: (event) => event !== UNHURRIED }),
      published: () => published,
    };
  }
  function entry(key: string, place: number, eventType = "e"): OutboxEntry {
    return {
      id: derivedUuid(key, String(place)),
      topic: "t",
      key: Buffer.from(key),
      eventType,
      body: Buffer.from(String(place)),
      schemaId: null,
      raw: true,
      headers: { place: String(place) },
    };
  }
  const write = (outbox: Outbox, entries: readonly OutboxEntry[]): Promise<void> =>
    database.transaction((tx) => outbox.put(tx, entries));
  const placesOf = (records: readonly OutgoingRecord[], key: string): number[] =>
    records.filter((record) => record.key?.toString() === key).map((record) => Number(record.headers.place));
  const waiting = async (): Promise<number> =>
    Number((await database.query<{ count: string }>({ text: "SELECT count(*) FROM outbox" }))[0]?.count);

  it("publishes right after the commit, without waiting for a poll", async () => {
    const topic = memoryTopic();
    const { relay, outbox } = instance(topic, 60_000);
    relay.start();
    await write(outbox, [entry("k", 1)]);
    await eventually("the record", () => (topic.records.length === 1 ? true : undefined), 5_000);
    await eventually("the mark", async () => ((await waiting()) === 0 ? true : undefined), 5_000);
  });

  it("publishes nothing of a transaction that was rolled back", async () => {
    const topic = memoryTopic();
    const { relay, outbox } = instance(topic);
    relay.start();
    await expect(
      database.transaction(async (tx) => {
        await outbox.put(tx, [entry("rolled-back", 1)]);
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    await write(outbox, [entry("k", 2)]);
    await eventually("the other record", () => (topic.records.length > 0 ? true : undefined), 5_000);
    expect(topic.records.map((record) => record.key?.toString())).toEqual(["k"]);
  });

  it("keeps the order per key, and doubles nothing, with several instances at work", async () => {
    const topic = memoryTopic();
    topic.delayMs = 2;
    const instances = [instance(topic), instance(topic), instance(topic)];
    for (const { relay } of instances) relay.start();
    const keys = Array.from({ length: 12 }, (_, place) => `key-${place}`);
    await Promise.all(
      keys.map(async (key, lane) => {
        // Alternating instances write each key, one commit after the other.
        for (let place = 0; place < 30; place += 1) {
          const writer = instances[(lane + place) % instances.length];
          if (writer !== undefined) await write(writer.outbox, [entry(key, place)]);
        }
      }),
    );
    await eventually("an empty outbox", async () => ((await waiting()) === 0 ? true : undefined), 20_000);
    for (const key of keys)
      expect(placesOf(topic.records, key)).toEqual(Array.from({ length: 30 }, (_, place) => place));
    expect(instances.filter((one) => one.published() > 0).length).toBeGreaterThan(1);
  });

  it("publishes again what may not have arrived, in order, and loses nothing", async () => {
    const topic = memoryTopic();
    topic.fail = "after";
    const { relay, outbox } = instance(topic);
    relay.start();
    await write(outbox, [entry("k", 0), entry("k", 1)]);
    await eventually("the first try", () => (topic.records.length >= 2 ? true : undefined), 5_000);
    topic.fail = "no";
    await eventually("an empty outbox", async () => ((await waiting()) === 0 ? true : undefined), 10_000);
    const places = placesOf(topic.records, "k");
    expect(places.length).toBeGreaterThanOrEqual(4);
    expect(places.slice(-2)).toEqual([0, 1]);
  });

  it("finds what a killed instance left behind", async () => {
    const topic = memoryTopic();
    const dead = instance(topic);
    await write(dead.outbox, [entry("left", 0), entry("left", 1)]);
    instance(topic).relay.start();
    await eventually("the records of the other instance", () => (topic.records.length === 2 ? true : undefined), 5_000);
    expect(placesOf(topic.records, "left")).toEqual([0, 1]);
  });

  it("takes over from an instance whose connection died in the middle", async () => {
    const frozen = memoryTopic();
    frozen.delayMs = 60_000;
    const topic = memoryTopic();
    const stuck = instance(frozen);
    stuck.relay.start();
    await write(stuck.outbox, [entry("taken", 0)]);
    const admin = await postgres.connect("relay");
    await eventually(
      "the frozen drain to hold its lock",
      async () => {
        const { rows } = await admin.query("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted");
        if (rows.length === 0) return undefined;
        await admin.query("SELECT pg_terminate_backend($1)", [(rows[0] as { pid: number }).pid]);
        return true;
      },
      5_000,
    );
    await admin.end();
    instance(topic).relay.start();
    await eventually(
      "the record from the other instance",
      () => (topic.records.length === 1 ? true : undefined),
      5_000,
    );
    // A late publication of the frozen instance is a duplicate; its mark fails with its connection.
    frozen.delayMs = 0;
    frozen.thaw.abort();
  });

  it("publishes what nobody waits for together, also while it looks for what was left behind", async () => {
    const topic = memoryTopic();
    const batches: number[] = [];
    const { relay, outbox } = instance(
      {
        ...topic,
        publish: (records) => {
          batches.push(records.length);
          return topic.publish(records);
        },
      },
      20,
      400,
    );
    relay.start();
    const began = performance.now();
    for (let place = 0; place < 10; place += 1) await write(outbox, [entry(`key-${place}`, place, UNHURRIED)]);
    await eventually("all of them", () => (topic.records.length === 10 ? true : undefined), 5_000);
    expect(performance.now() - began).toBeGreaterThanOrEqual(400);
    expect(batches).toEqual([10]);
  });

  it("takes what nobody waits for along with what follows for the same key, in order", async () => {
    const topic = memoryTopic();
    const { relay, outbox } = instance(topic, 60_000, 60_000);
    relay.start();
    await write(outbox, [entry("k", 0, UNHURRIED)]);
    await write(outbox, [entry("k", 1, UNHURRIED), entry("k", 2)]);
    await eventually("all of them", () => (topic.records.length === 3 ? true : undefined), 5_000);
    expect(placesOf(topic.records, "k")).toEqual([0, 1, 2]);
  });

  it("flushes what is left when it stops", async () => {
    const topic = memoryTopic();
    topic.fail = "before";
    const { relay, outbox } = instance(topic);
    relay.start();
    await write(outbox, [entry("k", 0)]);
    topic.fail = "no";
    await relay.stop(5_000);
    expect(topic.records).toHaveLength(1);
    expect(await waiting()).toBe(0);
  });
});
