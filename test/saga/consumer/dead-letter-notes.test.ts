import { join } from "node:path";
import { deadLetterEntry, noteDeadLetter } from "@event-platform-kit/service/consumer/dead-letter";
import type { Codec } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import { transactionalOutbox } from "@event-platform-kit/service/outbox";
import { MESSAGING_RETENTION, startCleanup } from "@event-platform-kit/service/storage/cleanup";
import type { Database } from "@event-platform-kit/service/storage/database";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RawRecord } from "../../../service-templates/lib/kafka/raw-record.ts";
import { eventually } from "../../platform/condition.ts";
import { ROOT } from "../servers/order-platform.ts";
import type { TestPostgres } from "../servers/postgres.ts";
import { startPostgres } from "../servers/postgres.ts";

describe("notes of dead-letter records", () => {
  let postgres: TestPostgres;
  let database: Database;
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.createDatabase("payment_service", join(ROOT, "service-templates/payment-service/migrations"));
    database = openDatabase(postgres.login("payment_service"), { applicationName: "test", onError: () => undefined });
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.stop();
  });
  /** Past the service's rights: rows as they look after days. */
  async function admin(text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
    const client = await postgres.connect("payment_service");
    try {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }
  beforeEach(() => admin("TRUNCATE dead_letters, inbox, outbox"));

  const outbox = transactionalOutbox({ codec: {} as Codec, wake: () => undefined });
  const bury = (record: RawRecord, error: unknown = new Error("no")): Promise<boolean> =>
    database.transaction(async (tx) => {
      const entry = deadLetterEntry(
        { record, error, attempts: 1 },
        { group: "g", topic: "g.dlt", failedAt: new Date().toISOString() },
      );
      const noted = await noteDeadLetter(tx, entry);
      if (noted) await outbox.put(tx, [entry]);
      return noted;
    });
  const record = (eventId: string, differs: Partial<RawRecord> = {}): RawRecord => ({
    topic: "t",
    partition: 0,
    offset: 7n,
    key: Buffer.from("k"),
    value: Buffer.from("v"),
    leaderEpoch: 0,
    timestamp: 0,
    headers: new Map([
      ["event-id", Buffer.from(eventId)],
      ["event-type", Buffer.from("e")],
    ]),
    ...differs,
  });

  it("keep the record of a topic that was made again beside the one that stood at its place, and meet a redelivery", async () => {
    const [before, after] = [record(uuidV7()), record(uuidV7())];
    expect([await bury(before), await bury(after), await bury(before), await bury(after)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(await admin('SELECT topic, partition, "offset" FROM dead_letters')).toHaveLength(2);
    expect(await admin("SELECT 1 FROM outbox WHERE topic = 'g.dlt'")).toHaveLength(2);
  });

  it("can be written whatever the record holds", async () => {
    const text = fc.string({ unit: "binary", maxLength: 60 });
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.oneof(text, fc.constantFrom("event-id", "event-type", "dlt-attempts", "dlt-letter-id", "replay-letter")),
          bytes,
        ),
        fc.option(bytes, { nil: undefined }),
        fc.option(bytes, { nil: undefined }),
        text,
        fc.maxSafeNat(),
        async (headers, key, value, message, offset) => {
          expect(
            await bury(
              {
                topic: "t",
                partition: 2_147_483_647,
                offset: BigInt(offset),
                key,
                value,
                leaderEpoch: 0,
                timestamp: 0,
                headers: new Map(Object.entries(headers)),
              },
              new Error(`${message}\ud800`),
            ),
          ).toBe(true);
          await admin("TRUNCATE dead_letters, outbox");
        },
      ),
      { numRuns: 40 },
    );
    expect(await bury(record("x".repeat(100_000)))).toBe(true);
  });

  it("keep their event known for as long as they can be replayed, and no longer", async () => {
    const [plain, open, lately, resolved] = [uuidV7(), uuidV7(), uuidV7(), uuidV7()];
    for (const [place, eventId] of [open, lately, resolved].entries())
      await bury(record(eventId, { offset: BigInt(place) }));
    await admin("UPDATE dead_letters SET failed_at = now() - interval '40 days'");
    for (const eventId of [plain, open, lately, resolved])
      await admin(
        "INSERT INTO inbox (event_id, event_type, topic, partition, \"offset\", processed_at) VALUES ($1, 'e', 't', 0, 0, now() - interval '39 days')",
        [eventId],
      );
    for (const [eventId, days] of [
      [lately, 2],
      [resolved, 20],
    ] as const) {
      await admin(
        "INSERT INTO dead_letter_actions (action_id, letter_id, action, at) SELECT gen_random_uuid(), letter_id, 'replay', now() - make_interval(days => $2) FROM dead_letters WHERE event_id = $1",
        [eventId, days],
      );
    }
    const stop = startCleanup({
      database,
      retention: MESSAGING_RETENTION,
      everyMs: 20,
      onError: (error) => {
        throw error;
      },
    });
    try {
      await eventually(
        "old rows to go",
        async () => {
          const left = (await admin("SELECT event_id FROM inbox")).map(({ event_id: id }) => id);
          return left.length <= 2 ? true : undefined;
        },
        30_000,
      );
    } finally {
      await stop();
    }
    expect((await admin("SELECT event_id::text AS id FROM inbox ORDER BY 1")).map(({ id }) => id)).toEqual(
      [open, lately].toSorted(),
    );
    expect((await admin("SELECT event_id AS id FROM dead_letters ORDER BY 1")).map(({ id }) => id)).toEqual(
      [open, lately].toSorted(),
    );
  });
});
