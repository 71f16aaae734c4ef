import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { positiveSetting, readConfig } from "@event-platform-kit/service/config";
import { DEAD_LETTER_CODES, deadLetterEntry, deadLetterIdOf } from "@event-platform-kit/service/consumer/dead-letter";
import { retryTopics } from "@event-platform-kit/service/consumer/retry-topics";
import type { Contract } from "@event-platform-kit/service/contract";
import { parseContract } from "@event-platform-kit/service/contract";
import { ServiceError } from "@event-platform-kit/service/errors";
import { avroCodec, frame, unframe } from "@event-platform-kit/service/events/codec";
import { readEnvelope } from "@event-platform-kit/service/events/envelope";
import type { SchemaRegistry } from "@event-platform-kit/service/events/registry";
import { schemaRegistry } from "@event-platform-kit/service/events/registry";
import { problemDocument } from "@event-platform-kit/service/http/problem";
import { derivedUuid, isUuid, uuidV7 } from "@event-platform-kit/service/ids";
import { SHARDS, shardOf } from "@event-platform-kit/service/outbox";
import { headerText, storedHeaders } from "@event-platform-kit/service/outbox/headers";
import { eventMetrics, startCompensationCounters } from "@event-platform-kit/service/telemetry/event-metrics";
import { createMetrics } from "@event-platform-kit/service/telemetry/metrics";
import { sagaDuration } from "@event-platform-kit/service/telemetry/saga-metrics";
import { childTrace, formatTraceparent, parseTraceparent } from "@event-platform-kit/service/trace";
import avro from "avsc";
import fc from "fast-check";
import { afterAll, describe, expect, expectTypeOf, it } from "vitest";
import { loadModel } from "../../../components/model/load.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import type { ServiceContract } from "../../../components/plan/types.ts";
import { PAUSE_REASONS } from "../../../service-templates/lib/consumer/consumer-faults.ts";
import { OUTCOMES } from "../../../service-templates/lib/consumer/outcomes.ts";
import { PUBLISH_CODES } from "../../../service-templates/lib/kafka/publish-errors.ts";
import type { RawRecord } from "../../../service-templates/lib/kafka/raw-record.ts";

const SCHEMAS = resolve(import.meta.dirname, "../../../topics/schemas");

async function contractOf(service: string): Promise<ServiceContract> {
  const reading = await loadModel(resolve(import.meta.dirname, "../../.."), "local");
  if ("problems" in reading) throw new Error(JSON.stringify(reading.problems));
  const contract = planPlatform(reading.value.model, reading.value.stack).contracts.find(
    (item) => item.service === service,
  );
  if (contract === undefined) throw new Error(`no contract for ${service}`);
  return contract;
}

function memoryRegistry(): SchemaRegistry & { add(schema: string): number } {
  const schemas: string[] = [];
  const add = (schema: string): number =>
    (schemas.includes(schema) ? schemas.indexOf(schema) : schemas.push(schema) - 1) + 1;
  return {
    add,
    idOf: async (_subject, schema) => add(schema),
    knownIdOf: () => undefined,
    schemaOf: async (id) =>
      schemas[id - 1] ?? Promise.reject(new ServiceError("SVC_RECORD_SCHEMA_UNKNOWN", `no ${id}`, { permanent: true })),
    knownSchemaOf: (id) => schemas[id - 1],
  };
}

describe("contract", () => {
  it("is what the plan writes", async () => {
    expectTypeOf<ServiceContract>().toExtend<Contract>();
    for (const service of ["order-service", "payment-service", "inventory-service"]) {
      const contract = await contractOf(service);
      expect(parseContract(JSON.stringify(contract), "contract.json")).toEqual(contract);
    }
  });
  it.each([
    ["not JSON", "{"],
    ["another shape", "[]"],
    [
      "no group",
      JSON.stringify({
        service: "x",
        instances: 1,
        retryTopics: [],
        publishes: [],
        consumes: [{ topic: "t", events: [] }],
      }),
    ],
  ])("refuses %s with the file's name", (_name, text) => {
    expect(() => parseContract(text, "/etc/contract.json")).toThrow(/\/etc\/contract\.json/);
  });
});

describe("configuration", () => {
  const complete = {
    SERVICE_NAME: "x",
    MANAGEMENT_PORT: "1",
    KAFKA_BROKERS: "a:1, b:2",
    KAFKA_USERNAME: "x",
    KAFKA_PASSWORD_FILE: "/p",
    KAFKA_CONTRACT_FILE: "/c",
    SCHEMAS_DIR: "/s",
    SCHEMA_REGISTRY_URL: "http://r/apis/ccompat/v7/",
    DATABASE_HOST: "h",
    DATABASE_PORT: "5432",
    DATABASE_NAME: "n",
    DATABASE_USER: "u",
    DATABASE_PASSWORD_FILE: "/d",
  };
  it("reads secrets from files", () => {
    const config = readConfig({ kafka: true, database: true }, complete, (path) => `secret of ${path}\n`);
    expect(config.kafka).toMatchObject({
      brokers: ["a:1", "b:2"],
      password: "secret of /p",
      registryUrl: "http://r/apis/ccompat/v7",
    });
    expect(config.database?.password).toBe("secret of /d");
  });
  it.each([
    ["zone-a", { zone: "zone-a" }],
    ["", {}],
    [undefined, {}],
  ])(
    "takes the process's zone from KAFKA_CLIENT_RACK=%j, which is empty where the cluster does not tell",
    (value, expected) => {
      const { kafka } = readConfig({ kafka: true }, { ...complete, KAFKA_CLIENT_RACK: value }, () => "x");
      expect(kafka === undefined || !("zone" in kafka) ? {} : { zone: kafka.zone }).toEqual(expected);
    },
  );
  it("lists everything that is wrong at once, with names and values", () => {
    const { KAFKA_BROKERS: _brokers, ...rest } = complete;
    const attempt = (): unknown =>
      readConfig(
        { kafka: true, database: true, http: true },
        { ...rest, DATABASE_PORT: "99999", SCHEMA_REGISTRY_URL: "nowhere", LOG_LEVEL: "loud" },
        (path) => {
          if (path === "/p") throw new Error("ENOENT");
          return "x";
        },
      );
    expect(attempt).toThrow(ServiceError);
    for (const part of [
      /KAFKA_BROKERS is not set/,
      /HTTP_PORT is not set/,
      /DATABASE_PORT="99999"/,
      /SCHEMA_REGISTRY_URL="nowhere"/,
      /LOG_LEVEL="loud"/,
      /KAFKA_PASSWORD_FILE: cannot read \/p/,
    ])
      expect(attempt).toThrow(part);
  });
});

describe("settings", () => {
  it("are whole numbers above zero, or refused by name", () => {
    expect(positiveSetting({}, "X_MS", 5)).toBe(5);
    expect(positiveSetting({ X_MS: "250" }, "X_MS", 5)).toBe(250);
    for (const value of ["0", "-1", "1.5", "1e3", "ten", " 1", "99999999999"])
      expect(() => positiveSetting({ X_MS: value }, "X_MS", 5)).toThrow(/X_MS=/);
  });
});

describe("codec", () => {
  it("brings every event of a service there and back", async () => {
    const contract = await contractOf("payment-service");
    const registry = memoryRegistry();
    const codec = avroCodec(
      { ...contract, consumes: [{ topic: "payment-events", events: contract.publishes }] },
      SCHEMAS,
      registry,
    );
    const payload = {
      orderId: "o",
      customerId: "c",
      transactionId: "t",
      amount: 1.5,
      currency: "EUR",
      timestamp: 1_700_000_000_000,
      provider: "simulator",
    };
    const value = frame(await codec.schemaId("payment.processed"), codec.body("payment.processed", payload));
    expect(value[0]).toBe(0);
    expect({ ...(await codec.decode("payment.processed", value)) }).toEqual(payload);
  });
  it("reads what a newer and an older writer wrote", async () => {
    const folder = mkdtempSync(join(tmpdir(), "codec-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    const reader = {
      type: "record",
      name: "E",
      fields: [
        { name: "a", type: "int" },
        { name: "b", type: "string", default: "none" },
      ],
    };
    const newer = { ...reader, fields: [...reader.fields, { name: "c", type: "long", default: 0 }] };
    const older = { ...reader, fields: [{ name: "a", type: "int" }] };
    writeFileSync(join(folder, "E.avsc"), JSON.stringify(reader));
    const registry = memoryRegistry();
    const codec = avroCodec(
      {
        service: "s",
        group: "s",
        instances: 1,
        deadLetterTopic: "s.dlt",
        retryTopics: [],
        publishes: [],
        consumes: [{ topic: "t", events: [{ event: "e", record: "E", schema: "E.avsc" }] }],
      },
      folder,
      registry,
    );
    const written = (schema: object, payload: object): Buffer =>
      frame(registry.add(JSON.stringify(schema)), avro.Type.forSchema(schema as avro.Schema).toBuffer(payload));
    expect(await codec.decode("e", written(newer, { a: 1, b: "x", c: 5 }))).toMatchObject({ a: 1, b: "x" });
    expect(await codec.decode("e", written(older, { a: 2 }))).toMatchObject({ a: 2, b: "none" });
    await expect(
      codec.decode("e", written({ ...reader, fields: [{ name: "z", type: "int" }] }, { z: 1 })),
    ).rejects.toMatchObject({ code: "SVC_RECORD_SCHEMA_INCOMPATIBLE", permanent: true });
  });
  it("names the field of an event that does not match, and refuses events that are not declared", async () => {
    const codec = avroCodec(await contractOf("payment-service"), SCHEMAS, memoryRegistry());
    expect(() => codec.body("payment.processed", { orderId: 7 })).toThrow(/orderId=7/);
    expect(() => codec.body("order.created", {})).toThrow(expect.objectContaining({ code: "SVC_EVENT_UNDECLARED" }));
  });
  it("refuses any bytes that are not the wire format, and never throws anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const value = Buffer.from(bytes);
        try {
          expect(frame(unframe(value).schemaId, unframe(value).body)).toEqual(value);
        } catch (error) {
          expect(error).toMatchObject({ code: "SVC_RECORD_FRAMING", permanent: true });
        }
      }),
    );
  });
});

describe("registry client", () => {
  it("asks once for what several want at the same time, and never again", async () => {
    let calls = 0;
    const registry = schemaRegistry({
      url: "http://r",
      fetch: async () => {
        calls += 1;
        return new Response(JSON.stringify({ schema: '"int"' }));
      },
    });
    expect(await Promise.all([registry.schemaOf(1), registry.schemaOf(1)])).toEqual(['"int"', '"int"']);
    await registry.schemaOf(1);
    expect(calls).toBe(1);
  });
  it("tells an unknown id (permanent) from a registry that is away (not)", async () => {
    const answer = (status: number): SchemaRegistry =>
      schemaRegistry({ url: "http://r", fetch: async () => new Response("{}", { status }) });
    await expect(answer(503).schemaOf(1)).rejects.toMatchObject({ code: "SVC_REGISTRY_UNAVAILABLE", permanent: false });
    await expect(answer(404).idOf("s", '"int"')).rejects.toMatchObject({ code: "SVC_REGISTRY_SCHEMA_MISSING" });
  });
});

describe("a registry that denies an id", () => {
  it("is believed once it has answered for ten seconds without a failure or a silence, and not while it may be starting", async () => {
    let [now, status] = [0, 404];
    const registry = schemaRegistry({
      url: "http://r",
      clock: () => now,
      fetch: async () => new Response("{}", { status }),
    });
    const asked = async (at: number, answers = 404): Promise<unknown> => {
      [now, status] = [at, answers];
      return registry.schemaOf(7).then(
        () => "known",
        (error: { code?: string; permanent?: boolean }) => [error.code, error.permanent],
      );
    };
    const [doubt, belief] = [
      ["SVC_REGISTRY_UNAVAILABLE", false],
      ["SVC_RECORD_SCHEMA_UNKNOWN", true],
    ];
    expect(await asked(1_000)).toEqual(doubt);
    expect(await asked(6_000)).toEqual(doubt);
    expect(await asked(11_000)).toEqual(belief);
    expect(await asked(12_000)).toEqual(belief);
    // Away, and back.
    expect(await asked(13_000, 503)).toEqual(doubt);
    expect(await asked(14_000)).toEqual(doubt);
    expect(await asked(24_000)).toEqual(belief);
    // It may have restarted while nothing asked.
    expect(await asked(60_000)).toEqual(doubt);
    expect(await asked(69_000)).toEqual(doubt);
    expect(await asked(70_000)).toEqual(belief);
  });
});

describe("identifiers", () => {
  it("grow with time and carry it", () => {
    const [first, second] = [uuidV7(() => 1_700_000_000_000), uuidV7(() => 1_700_000_000_001)];
    expect(first < second).toBe(true);
    expect(first.slice(0, 13)).toBe("018bcfe5-6800");
    expect(first[14]).toBe("7");
    expect(isUuid(first)).toBe(true);
  });
  it("are the same for the same parts only", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(derivedUuid(a, b)).toBe(derivedUuid(a, b));
        expect(isUuid(derivedUuid(a, b))).toBe(true);
        if (a !== b) expect(derivedUuid(a)).not.toBe(derivedUuid(b));
      }),
    );
  });
  it("spread keys over all shards", () => {
    const shards = new Set(Array.from({ length: 500 }, () => shardOf(Buffer.from(uuidV7()))));
    expect(shards.size).toBe(SHARDS);
  });
});

describe("trace context", () => {
  it("keeps the trace and changes the span", () => {
    const parent = parseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    const child = parseTraceparent(formatTraceparent(childTrace(parent)));
    expect(child).toMatchObject({ traceId: "0af7651916cd43dd8448eb211c80319c", sampled: true });
    expect(child?.spanId).not.toBe("b7ad6b7169203331");
  });
  it.each([
    undefined,
    "",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
  ])("starts again for %s", (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});

describe("dead-letter records", () => {
  const record = {
    topic: "t",
    partition: 3,
    offset: 42n,
    key: Buffer.from("k"),
    value: Buffer.from([1]),
    leaderEpoch: 0,
    timestamp: 0,
    headers: new Map([
      ["event-type", Buffer.from("e\u0000")],
      ["dlt-attempts", Buffer.from("9")],
    ]),
  };
  const options = { group: "g", topic: "g.dlt", failedAt: "2026-01-01T00:00:00.000Z" };
  it("carry the original bytes, where they came from, and this failure only", () => {
    const entry = deadLetterEntry({ record, error: new Error(`bad\u0000${"x".repeat(5_000)}`), attempts: 2 }, options);
    expect(entry).toMatchObject({
      topic: "g.dlt",
      raw: true,
      eventType: "e\ufffd",
      body: record.value,
      key: record.key,
    });
    expect(entry.headers).toMatchObject({
      "event-type": Buffer.from("e\u0000"),
      "dlt-origin-topic": "t",
      "dlt-origin-partition": "3",
      "dlt-origin-offset": "42",
      "dlt-attempts": "2",
      "dlt-error-code": "SVC_HANDLER_FAILED",
    });
    expect(entry.headers["dlt-error-message"]).toHaveLength(1_000);
  });
  it("are the same letter for the same record", () => {
    const [first, second] = [new Error("a"), new Error("b")].map((error) =>
      deadLetterEntry({ record, error, attempts: 1 }, options),
    );
    expect(first?.id).toBe(second?.id);
    expect(deadLetterEntry({ record: { ...record, offset: 43n }, error: "x", attempts: 1 }, options).id).not.toBe(
      first?.id,
    );
  });
  it("say their id; those of older versions are named by their origin", () => {
    const entry = deadLetterEntry({ record, error: "x", attempts: 1 }, options);
    expect(deadLetterIdOf((name) => headerText(entry.headers[name]))).toBe(entry.id);
    const { "dlt-letter-id": _id, ...older } = entry.headers;
    expect(deadLetterIdOf((name) => (older as Record<string, string>)[name])).toBe(
      derivedUuid("dead-letter", "g", "t", "3", "42"),
    );
  });
  it.each<readonly [string, Partial<RawRecord>]>([
    [
      "another event",
      {
        headers: new Map([
          ["event-type", Buffer.from("e")],
          ["event-id", Buffer.from("01940000-0000-7000-8000-000000000001")],
        ]),
      },
    ],
    ["other bytes", { value: Buffer.from([2]) }],
    ["no bytes", { value: undefined }],
    ["another key", { key: Buffer.from("l") }],
    ["no key", { key: undefined }],
    [
      "a replay of the first letter",
      { headers: new Map([...record.headers, ["replay-letter", Buffer.from("01940000-0000-8000-8000-000000000001")]]) },
    ],
  ])("are another letter for %s at the same place, where a topic was made again", (_what, differs) => {
    const [first, second] = [record, { ...record, ...differs }].map(
      (each) => deadLetterEntry({ record: each, error: "x", attempts: 1 }, options).id,
    );
    expect(second).not.toBe(first);
  });
  it("are the same letter whether or not the record went through retry topics", () => {
    const retries = retryTopics({
      service: "g",
      retryTopics: [
        { topic: "g.r1", delayMs: 1 },
        { topic: "g.r2", delayMs: 2 },
      ],
      consumes: [{ topic: "t", events: [] }],
    });
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((name) => !/^(?:retry|dlt|replay)-/u.test(name)),
          fc.uint8Array({ maxLength: 20 }),
        ),
        (given) => {
          const original = {
            ...record,
            headers: new Map(Object.entries(given).map(([name, value]) => [name, Buffer.from(value)])),
          };
          let delivery = retries.deliver(original);
          const direct = deadLetterEntry({ record: delivery.record, error: "x", attempts: 1 }, options).id;
          for (const next of retries.topics) {
            const entry = retries.entry(delivery, next, 5, 0);
            delivery = retries.deliver({
              ...record,
              topic: next.topic,
              partition: 1,
              offset: 9n,
              headers: new Map(
                Object.entries(entry.headers).map(([name, value]) => [
                  name,
                  typeof value === "string" ? Buffer.from(value) : value,
                ]),
              ),
            });
            expect(deadLetterEntry({ record: delivery.record, error: "x", attempts: 1 }, options).id).toBe(direct);
          }
        },
      ),
    );
  });
  it("can be stored whatever the record and the error hold", () => {
    const text = fc.string({ unit: "binary", maxLength: 30 });
    fc.assert(
      fc.property(text, fc.dictionary(text, fc.uint8Array()), (message, given) => {
        const hostile = {
          ...record,
          headers: new Map(Object.entries(given).map(([name, value]) => [name, Buffer.from(value)])),
        };
        const stored = storedHeaders(
          deadLetterEntry(
            { record: hostile, error: new Error(`${`\ud83d${message}`.padEnd(999, "x")}\u{1f600}`), attempts: 1 },
            options,
          ).headers,
        );
        expect(stored).not.toMatch(/\\ud[89a-f]|\\u0000/u);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a record of a retry topic", () => {
  const retries = retryTopics({
    service: "g",
    retryTopics: [{ topic: "g.r1", delayMs: 1 }],
    consumes: [{ topic: "t", events: [] }],
  });
  const marks = {
    "retry-origin-topic": "t",
    "retry-origin-partition": "3",
    "retry-origin-offset": "42",
    "retry-attempt": "5",
    "retry-not-before": "7",
  };
  const delivered = (headers: Record<string, string | Buffer>): ReturnType<typeof retries.deliver> =>
    retries.deliver({
      topic: "g.r1",
      partition: 1,
      offset: 8n,
      key: undefined,
      value: undefined,
      leaderEpoch: 0,
      timestamp: 0,
      headers: new Map(
        Object.entries(headers).map(([name, value]) => [name, Buffer.isBuffer(value) ? value : Buffer.from(value)]),
      ),
    });
  it("is the record at its origin", () => {
    expect(delivered(marks)).toMatchObject({
      record: { topic: "t", partition: 3, offset: 42n, headers: new Map() },
      attempts: 5,
      next: undefined,
    });
    expect(
      delivered({ ...marks, "retry-origin-partition": "2147483647", "retry-origin-offset": "9223372036854775807" })
        .record,
    ).toMatchObject({ partition: 2_147_483_647, offset: 9_223_372_036_854_775_807n });
  });
  it.each([
    ["partition above 32 bits", { "retry-origin-partition": "2147483648" }],
    ["partition below 0", { "retry-origin-partition": "-1" }],
    ["partition in hexadecimal", { "retry-origin-partition": "0x10" }],
    ["fraction", { "retry-origin-partition": "1.5" }],
    ["empty partition", { "retry-origin-partition": "" }],
    ["offset above 64 bits", { "retry-origin-offset": "9223372036854775808" }],
    ["endless offset", { "retry-origin-offset": "9".repeat(1_000) }],
    ["bytes that are no text", { "retry-origin-offset": Buffer.from([0xff, 0x00]) }],
    ["attempts beyond any", { "retry-attempt": "99999999999" }],
    ["attempts that are no number", { "retry-attempt": "many" }],
    ["foreign topic", { "retry-origin-topic": "salaries" }],
    ["topic with NUL", { "retry-origin-topic": "t\u0000" }],
    ["endless topic", { "retry-origin-topic": "t".repeat(100_000) }],
  ])("is refused for good with a %s", (_what, forged) => {
    expect(() => delivered({ ...marks, ...forged })).toThrow(
      expect.objectContaining({ code: "SVC_RECORD_HEADER", permanent: true }),
    );
  });
  it("has an origin that can be stored, or is refused for good, whatever its headers say", () => {
    fc.assert(
      fc.property(
        fc.record({
          partition: fc.oneof(fc.string(), fc.bigInt().map(String)),
          offset: fc.oneof(fc.string(), fc.bigInt().map(String)),
          attempt: fc.oneof(fc.string(), fc.bigInt().map(String)),
        }),
        (forged) => {
          try {
            const { record, attempts } = delivered({
              ...marks,
              "retry-origin-partition": forged.partition,
              "retry-origin-offset": forged.offset,
              "retry-attempt": forged.attempt,
            });
            expect(record.partition).toBeLessThan(2 ** 31);
            expect(record.offset).toBeLessThan(2n ** 63n);
            expect(attempts + 5).toBeLessThan(2 ** 31);
          } catch (error) {
            expect(error).toMatchObject({ code: "SVC_RECORD_HEADER", permanent: true });
          }
        },
      ),
    );
  });
});

describe("the version of an event", () => {
  const at = (version: string | undefined): unknown => {
    const headers = {
      "event-id": uuidV7(),
      "event-type": "order.created",
      "occurred-at": "2026-01-01T00:00:00Z",
      "correlation-id": "c",
      ...(version === undefined ? {} : { "event-version": version }),
    };
    try {
      return readEnvelope({
        topic: "t",
        partition: 0,
        offset: 0n,
        key: Buffer.from("k"),
        value: undefined,
        leaderEpoch: 0,
        timestamp: 0,
        headers: new Map(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
      }).type;
    } catch (error) {
      return [(error as ServiceError).code, (error as ServiceError).permanent];
    }
  };
  it.each([undefined, "1", "1.0", "1.17", "01"])("%s is read", (version) => expect(at(version)).toBe("order.created"));
  it.each(["2", "0", "2.0", "10", "999999999"])(
    "%s is another major one: a dead-letter record that says so",
    (version) => expect(at(version)).toEqual(["SVC_EVENT_VERSION", true]),
  );
  it.each(["", "v1", "1.", "1.2.3", "one", "-1", "1e0", "1\u0000"])("%j is none", (version) =>
    expect(at(version)).toEqual(["SVC_RECORD_HEADER", true]),
  );
  it("is named before what else is missing: another version may have other headers", () => {
    expect(() =>
      readEnvelope({
        topic: "t",
        partition: 0,
        offset: 0n,
        key: undefined,
        value: undefined,
        leaderEpoch: 0,
        timestamp: 0,
        headers: new Map([["event-version", Buffer.from("2")]]),
      }),
    ).toThrow(/has version 2, this service knows 1/u);
  });
});

describe("counters that alerts look at", () => {
  it("are there before their first event, with every value of their labels", async () => {
    const metrics = eventMetrics(createMetrics("s", "0"), {
      consumes: [{ topic: "t", events: [{ event: "e", record: "E", schema: "e" }] }],
      publishes: [{ event: "p", topic: "u", subject: "u-P", record: "P", schema: "p" }],
      retryTopics: [{ topic: "s.r1", delayMs: 1 }],
      deadLetterTopic: "s.dlt",
    });
    sagaDuration(metrics.registry, "order", ["confirmed", "cancelled"]);
    startCompensationCounters(metrics, ["refund"]);
    const text = await metrics.registry.metrics();
    for (const topic of ["t", "s.r1"])
      for (const code of DEAD_LETTER_CODES)
        expect(text).toContain(`dlt_records_total{topic="${topic}",code="${code}",service="s",replica="0"} 0`);
    for (const outcome of OUTCOMES)
      expect(text).toContain(
        `consumer_records_total{topic="t",event="e",outcome="${outcome}",service="s",replica="0"} 0`,
      );
    for (const reason of PAUSE_REASONS)
      expect(text).toContain(`consumer_paused{reason="${reason}",service="s",replica="0"} 0`);
    for (const name of ["saga_compensations_total", "saga_compensation_failures_total"])
      expect(text).toContain(`${name}{kind="refund",service="s",replica="0"} 0`);
    for (const topic of ["u", "s.r1", "s.dlt"]) {
      expect(text).toContain(
        `producer_records_total{topic="${topic}",outcome="acknowledged",code="",service="s",replica="0"} 0`,
      );
      for (const code of PUBLISH_CODES)
        expect(text).toContain(
          `producer_records_total{topic="${topic}",outcome="failed",code="${code}",service="s",replica="0"} 0`,
        );
    }
    for (const topic of ["t", "s.r1"]) {
      expect(text).toContain(`consumer_time_lag_seconds{topic="${topic}",service="s",replica="0"} 0`);
      for (const scope of ["batch", "record"])
        expect(text).toContain(`consumer_retries_total{topic="${topic}",scope="${scope}",service="s",replica="0"} 0`);
    }
    expect(text).toContain('event_latency_seconds_count{service="s",replica="0",topic="t",event="e"} 0');
    expect(text).toContain('handler_duration_seconds_count{service="s",replica="0",event="e"} 0');
    for (const outcome of ["confirmed", "cancelled"])
      expect(text).toContain(
        `saga_duration_seconds_count{service="s",replica="0",saga="order",outcome="${outcome}"} 0`,
      );
    for (const name of [
      "dlt_resolved_total",
      "consumer_rebalances_total",
      "consumer_breaker_open",
      "producer_send_duration_seconds_count",
      "producer_batch_records_count",
    ])
      expect(text).toContain(`${name}{service="s",replica="0"} 0`);
  });

  it("are no more than a process has: one that only answers HTTP has none of events", async () => {
    const text = await createMetrics("gateway", "0").registry.metrics();
    expect(text).toContain("http_request_duration_seconds");
    expect(text).not.toMatch(/consumer_|producer_|outbox_|dlt_|saga_/u);
  });
});

it("a problem says no more than it should", () => {
  expect(problemDocument("internal")).toEqual({
    type: "urn:event-platform-kit:problem:internal",
    title: "Something went wrong here",
    status: 500,
  });
});
