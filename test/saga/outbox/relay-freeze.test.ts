import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { systemClock } from "@event-platform-kit/service/clock";
import type { KafkaConfig } from "@event-platform-kit/service/config";
import type { Codec } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import type { Outbox, OutboxEntry } from "@event-platform-kit/service/outbox";
import { SHARDS, shardOf, transactionalOutbox } from "@event-platform-kit/service/outbox";
import type { Database } from "@event-platform-kit/service/storage/database";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Publisher } from "../../../service-templates/lib/kafka/kafka.ts";
import { openPublisher } from "../../../service-templates/lib/kafka/publisher.ts";
import type { Relay } from "../../../service-templates/lib/outbox/relay.ts";
import { outboxRelay } from "../../../service-templates/lib/outbox/relay.ts";
import { eventually } from "../../platform/condition.ts";
import { passwordOf } from "../servers/authorities.ts";
import { endChild, tailOf } from "../servers/child.ts";
import { ROOT } from "../servers/order-platform.ts";
import type { TestPostgres } from "../servers/postgres.ts";
import { startPostgres } from "../servers/postgres.ts";
import { readTopic } from "../servers/records.ts";
import type { SecureKafka } from "../servers/secure-kafka.ts";
import { startSecureKafka } from "../servers/secure-kafka.ts";

const TOPIC = "events";
const PRINCIPAL = "relay";
/** Shorter than the idle limit of a service's other transactions (30 s), which used to end a frozen relay's transaction. */
const LIMIT_MS = 25_000;
const codec = { schemaId: async () => 1 } as unknown as Codec;

/** A key of each shard. */
const KEYS = Array.from({ length: SHARDS }, (_, shard) => {
  for (let tried = 0; ; tried += 1) if (shardOf(Buffer.from(`key-${tried}`)) === shard) return `key-${tried}`;
});

describe("an instance that is frozen in the middle of a drain", () => {
  let postgres: TestPostgres;
  let kafka: SecureKafka;
  let database: Database;
  let publisher: Publisher;
  let relay: Relay;
  let outbox: Outbox;
  let frozen: ChildProcess | undefined;
  let config: KafkaConfig;
  beforeAll(async () => {
    [postgres, kafka] = await Promise.all([startPostgres(), startSecureKafka()]);
    await postgres.createDatabase("relay", join(ROOT, "service-templates/order-service/migrations"));
    database = openDatabase(postgres.login("relay"), { applicationName: "healthy-relay", onError: () => undefined });
    await kafka.createTopics(new Map([[TOPIC, 6]]));
    await kafka.allow(
      [PRINCIPAL],
      (["Write", "Describe"] as const).map((operation) => ({
        principal: PRINCIPAL,
        operation,
        resourceType: "Topic",
        resourceName: TOPIC,
        pattern: "Literal",
      })),
    );
    config = {
      brokers: [kafka.bootstrap],
      ca: kafka.ca,
      username: PRINCIPAL,
      password: passwordOf(PRINCIPAL),
      contractFile: "",
      schemasDir: "",
      registryUrl: "",
    };
    publisher = openPublisher({ config, clientId: "healthy-relay" });
    relay = outboxRelay({
      database,
      publisher,
      codec,
      clock: systemClock,
      onPublished: () => undefined,
      onError: () => undefined,
    });
    outbox = transactionalOutbox({ codec, wake: relay.wake });
  });
  afterAll(async () => {
    await relay?.stop(0);
    if (frozen !== undefined) await endChild(frozen, 0, "SIGKILL");
    await publisher?.close();
    await database?.close();
    await kafka?.stop();
    await postgres?.stop();
  });

  const entry = (key: string, place: number): OutboxEntry => ({
    id: uuidV7(systemClock),
    topic: TOPIC,
    key: Buffer.from(key),
    eventType: "e",
    body: Buffer.from(String(place)),
    schemaId: null,
    raw: true,
    headers: { place: String(place) },
  });
  const write = (keys: readonly string[], place: number): Promise<void> =>
    database.transaction((tx) =>
      outbox.put(
        tx,
        keys.map((key) => entry(key, place)),
      ),
    );
  const waiting = async (): Promise<readonly string[]> =>
    (await database.query<{ key: Buffer }>({ text: "SELECT DISTINCT key FROM outbox" }))
      .map(({ key }) => key.toString())
      .toSorted();

  it("holds up its own shards alone, as long as it has them", async () => {
    const [held, ...others] = KEYS;
    const admin = await postgres.connect("relay");
    await admin.query("BEGIN");
    await admin.query("SELECT pg_advisory_xact_lock($1, 0)", [0x6b6974]);
    relay.start();
    await write(KEYS, 0);
    await write(others, 1);
    await eventually(
      "events of all other shards",
      async () => ((await waiting()).join() === held ? true : undefined),
      LIMIT_MS,
    );
    await admin.query("ROLLBACK");
    await admin.end();
    await eventually(
      "the events of its shard",
      async () => ((await waiting()).length === 0 ? true : undefined),
      LIMIT_MS,
    );
  });

  it("is replaced by the others while it is frozen, and disorders nothing when it goes on", async () => {
    await relay.stop(0);
    relay = outboxRelay({
      database,
      publisher,
      codec,
      clock: systemClock,
      onPublished: () => undefined,
      onError: () => undefined,
    });
    outbox = transactionalOutbox({ codec, wake: (shards, hurried) => relay.wake(shards, hurried) });
    await write(KEYS, 2);
    frozen = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "../servers/relay-process.ts")],
      {
        stdio: ["pipe", "pipe", "pipe"],
        env: { ...process.env, RELAY_PROCESS: JSON.stringify({ database: postgres.login("relay"), kafka: config }) },
      },
    );
    const said = tailOf(frozen);
    await eventually(
      "the middle of its drain",
      () => {
        if (frozen?.exitCode !== null) throw new Error(said());
        return said().includes("draining") ? true : undefined;
      },
      60_000,
    );
    frozen.kill("SIGSTOP");
    relay.start();
    for (let place = 3; place < 6; place += 1) await write(KEYS, place);
    await eventually(
      "all events, while it is frozen",
      async () => ((await waiting()).length === 0 ? true : undefined),
      LIMIT_MS,
    );
    // Its late publication is a duplicate, and its transaction has ended.
    frozen.stdin?.write("go\n");
    frozen.kill("SIGCONT");
    await eventually("its failure", () => (said().includes("failed") ? true : undefined), 60_000);
    const records = await readTopic(kafka, TOPIC, KEYS.length * 6 + 15);
    for (const key of KEYS) {
      const places = records.filter((record) => record.key === key).map((record) => Number(record.headers.place));
      expect([...new Set(places)]).toEqual([0, 1, 2, 3, 4, 5].filter((place) => place !== 1 || key !== KEYS[0]));
    }
  });
});
