import { join } from "node:path";
import { PassThrough } from "node:stream";
import { systemClock } from "@event-platform-kit/service/clock";
import type { Codec } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import { transactionalOutbox } from "@event-platform-kit/service/outbox";
import type { Database } from "@event-platform-kit/service/storage/database";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { outbox as outboxCommand, runOutbox } from "../../../cli/commands/events/outbox.ts";
import type { CommandContext } from "../../../cli/context.ts";
import { EXIT } from "../../../cli/errors.ts";
import { chooseEvents, readParkedEvents } from "../../../cli/outbox/parked-events.ts";
import { resolveEvents } from "../../../cli/outbox/resolve.ts";
import type { ServerAccess } from "../../../cli/platform/platform-access.ts";
import { openServers } from "../../../cli/platform/platform-access.ts";
import { POSTGRES_ADMIN } from "../../../components/databases/postgres-conf.ts";
import type { OutgoingRecord } from "../../../service-templates/lib/kafka/kafka.ts";
import { PublishError } from "../../../service-templates/lib/kafka/refusal.ts";
import type { Relay } from "../../../service-templates/lib/outbox/relay.ts";
import { outboxRelay } from "../../../service-templates/lib/outbox/relay.ts";
import { eventually } from "../../platform/condition.ts";
import { ROOT } from "../servers/order-platform.ts";
import type { TestPostgres } from "../servers/postgres.ts";
import { startPostgres } from "../servers/postgres.ts";

const SERVICE = "relay-service";
const codec = { schemaId: async () => 1 } as unknown as Codec;

interface Documents {
  readonly events: readonly { readonly eventId: string; readonly state: string; readonly waiting: number }[];
  readonly summary: Record<string, unknown>;
}

describe("parked events that are worked on", () => {
  let postgres: TestPostgres;
  let database: Database;
  let relay: Relay;
  let access: ServerAccess;
  let refused = true;
  const records: OutgoingRecord[] = [];
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.createDatabase("relay", join(ROOT, "service-templates/order-service/migrations"));
    database = openDatabase(postgres.login("relay"), { applicationName: "relay", onError: () => undefined });
    const { host, port, user, password, ca } = postgres.login("postgres", POSTGRES_ADMIN);
    access = openServers({
      kafka: { brokers: ["127.0.0.1:1"] },
      postgres: { host, port, user, password, ca },
      databases: { [SERVICE]: "relay" },
      registry: "http://127.0.0.1:1",
    });
    relay = outboxRelay({
      database,
      codec,
      pollMs: 20,
      clock: systemClock,
      onPublished: () => undefined,
      onError: () => undefined,
      publisher: {
        async publish(some) {
          if (refused && some.some(({ headers }) => headers.place === "1"))
            throw new PublishError("SVC_PUBLISH_TOO_LARGE", "too large\u001b]52;c;x\u0007", { reach: "record" });
          records.push(...some);
        },
        partitionsOf: async (some) => some.map(() => 0),
        close: async () => undefined,
      },
    });
    relay.start();
  });
  afterAll(async () => {
    await relay?.stop(0);
    await access?.close();
    await database?.close();
    await postgres?.stop();
  });

  /** Three events of one key, the second of which is refused. */
  beforeEach(async () => {
    refused = true;
    records.length = 0;
    await database.transaction((tx) =>
      transactionalOutbox({ codec, wake: () => undefined }).put(
        tx,
        [0, 1, 2].map((place) => ({
          id: uuidV7(systemClock),
          topic: "t",
          key: Buffer.from("k"),
          eventType: "e",
          body: Buffer.from([place]),
          schemaId: null,
          raw: true,
          headers: { place: String(place) },
        })),
      ),
    );
    await eventually(
      "an event to be parked",
      async () => ((await database.query({ text: "SELECT 1 FROM outbox_parked" })).length === 1 ? true : undefined),
      20_000,
    );
  });
  const published = (): Promise<readonly unknown[]> =>
    eventually(
      "an empty outbox",
      async () =>
        (await database.query({ text: "SELECT 1 FROM outbox" })).length === 0
          ? records.map(({ headers }) => headers.place)
          : undefined,
      20_000,
    );
  async function kit(
    action: "list" | "show" | "retry" | "discard",
    ids: readonly string[],
    options: Record<string, unknown> = {},
  ): Promise<{ readonly code: number; readonly text: string }> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const context = { stdout, stderr, env: {}, now: Date.now } as unknown as CommandContext;
    const code = await runOutbox(context, access, action, await readParkedEvents(access), ids, {
      wait: "20s",
      ...options,
    });
    return { code, text: String(stdout.read() ?? "") };
  }
  const parkedId = async (): Promise<string> =>
    (await readParkedEvents(access)).find(({ state }) => state === "parked")?.eventId ?? "";

  it("are listed with what waits behind them, and shown without the control characters of the error", async () => {
    const eventId = await parkedId();
    const list = JSON.parse((await kit("list", [], { json: true })).text) as Documents;
    expect(list.events.map(({ eventId: id, state, waiting }) => ({ id, state, waiting }))).toEqual([
      { id: eventId, state: "parked", waiting: 1 },
    ]);
    expect(list.summary).toEqual({ shown: 1, parked: 1, waiting: 1, byService: { [SERVICE]: 1 } });
    for (const { text } of [await kit("list", []), await kit("show", [eventId])]) {
      expect(text).toContain(eventId);
      expect(text).toContain("\\u001b]52");
      expect(text).not.toContain("\u001b]");
    }
    expect(JSON.parse((await kit("show", [eventId], { json: true })).text)).toMatchObject({
      eventId,
      code: "SVC_PUBLISH_TOO_LARGE",
      record: { headers: { place: "1" } },
      content: { hex: "01" },
      actions: [],
    });
    await kit("discard", [eventId], { reason: "over" });
    await published();
  });

  it("go on in their old place when they are retried, and are parked again when they are refused again", async () => {
    const eventId = await parkedId();
    expect((await kit("retry", [eventId], { dryRun: true })).code).toBe(EXIT.good);
    expect(await parkedId()).toBe(eventId);
    const again = await kit("retry", [eventId], { json: true });
    expect(again.code).toBe(EXIT.no);
    expect(JSON.parse(again.text)).toEqual({
      dryRun: false,
      results: [{ eventId, service: SERVICE, outcome: "parked-again" }],
    });
    refused = false;
    const done = await kit("retry", [], { allParked: true, service: SERVICE, json: true });
    expect(done.code).toBe(EXIT.good);
    expect(JSON.parse(done.text)).toEqual({
      dryRun: false,
      results: [{ eventId, service: SERVICE, outcome: "published" }],
    });
    expect(await published()).toEqual(["0", "1", "2"]);
    expect((await readParkedEvents(access)).find((event) => event.eventId === eventId)).toMatchObject({
      state: "published",
      actions: [{ action: "retry" }, { action: "retry" }],
    });
  });

  it("are gone when they are discarded, with who did it and why; two operators do not both get through", async () => {
    const eventId = await parkedId();
    const seen = chooseEvents(await readParkedEvents(access), [eventId]);
    expect((await kit("discard", [eventId], { reason: "test data" })).code).toBe(EXIT.good);
    await expect(resolveEvents(access, seen, "retry", { name: "second" })).rejects.toMatchObject({
      code: "KIT_OUTBOX_RESOLVED",
    });
    await expect(kit("retry", [eventId])).rejects.toMatchObject({ code: "KIT_OUTBOX_RESOLVED" });
    expect(await published()).toEqual(["0", "2"]);
    expect((await readParkedEvents(access)).find((event) => event.eventId === eventId)).toMatchObject({
      state: "discarded",
      key: "k",
      topic: "t",
      code: "SVC_PUBLISH_TOO_LARGE",
      actions: [{ action: "discard", reason: "test data" }],
    });
    await expect(database.query({ text: "UPDATE outbox_actions SET actor = 'nobody'" })).rejects.toMatchObject({
      code: "42501",
    });
  });

  it("need a reason to be discarded, and ids to be retried", async () => {
    for (const args of [["discard", "0198c1de"], ["retry"], ["show"], ["list", "0198c1de"], ["eat"]]) {
      await expect(outboxCommand.run({} as CommandContext, {}, args)).rejects.toMatchObject({ code: "KIT_USAGE" });
    }
  });
});
