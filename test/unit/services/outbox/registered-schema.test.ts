import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { avroCodec, frame } from "@event-platform-kit/service/events/codec";
import { schemaRegistry } from "@event-platform-kit/service/events/registry";
import { avroType, selfContained } from "@event-platform-kit/service/registered-schema";
import avro from "avsc";
import { describe, expect, it } from "vitest";

const currency = JSON.stringify({ type: "enum", name: "Currency", namespace: "c", symbols: ["EUR", "USD"] });
const money = JSON.stringify({
  type: "record",
  name: "Money",
  namespace: "c",
  fields: [
    { name: "amount", type: "long" },
    { name: "currency", type: "c.Currency" },
  ],
});
const order = JSON.stringify({
  type: "record",
  name: "Order",
  namespace: "e",
  fields: [
    { name: "total", type: "c.Money" },
    { name: "fee", type: ["null", "c.Money"], default: null },
  ],
});
const currencyType = { name: "c.Currency", subject: "c.Currency", schema: currency };
const moneyType = { name: "c.Money", subject: "c.Money", schema: money, references: [currencyType] };

interface Stored {
  readonly id: number;
  readonly subject: string;
  readonly version: number;
  readonly schema: string;
  readonly references: readonly unknown[];
}

/** A registry in memory that keeps schemas as they come, with what they refer to. */
function registryOf(stored: readonly Stored[]) {
  const asked: string[] = [];
  const answer = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });
  const registry = schemaRegistry({
    url: "http://r",
    async fetch(input, init) {
      const path = decodeURIComponent(new URL(String(input)).pathname);
      asked.push(`${init?.method ?? "GET"} ${path}`);
      const byId = /^\/schemas\/ids\/(\d+)$/u.exec(path);
      const byVersion = /^\/subjects\/(.+)\/versions\/(\d+)$/u.exec(path);
      const found =
        byId !== null
          ? stored.find(({ id }) => id === Number(byId[1]))
          : byVersion !== null
            ? stored.find(({ subject, version }) => subject === byVersion[1] && version === Number(byVersion[2]))
            : stored.find(({ subject, schema, references }) => {
                const wanted = JSON.parse(String(init?.body)) as { schema: string; references?: unknown };
                return (
                  path === `/subjects/${subject}` &&
                  schema === wanted.schema &&
                  JSON.stringify(references) === JSON.stringify(wanted.references ?? [])
                );
              });
      return found === undefined ? answer(404, {}) : answer(200, found);
    },
  });
  return { registry, asked };
}

const reference = (name: string, version: number) => ({ name, subject: name, version });
const stored: readonly Stored[] = [
  { id: 1, subject: "c.Currency", version: 1, schema: currency, references: [] },
  {
    id: 2,
    subject: "c.Money",
    version: 1,
    schema: JSON.stringify({
      type: "record",
      name: "Money",
      namespace: "c",
      fields: [{ name: "amount", type: "long" }],
    }),
    references: [],
  },
  { id: 3, subject: "c.Money", version: 2, schema: money, references: [reference("c.Currency", 1)] },
  { id: 4, subject: "orders-e.Order", version: 1, schema: order, references: [reference("c.Money", 1)] },
  { id: 5, subject: "orders-e.Order", version: 2, schema: order, references: [reference("c.Money", 2)] },
];

describe("a schema that refers to types of other subjects", () => {
  it("becomes one text, in which a codec finds everything", () => {
    const whole = selfContained({ schema: order, references: [moneyType] });
    const type = avro.Type.forSchema(JSON.parse(whole) as avro.Schema);
    const value = { total: { amount: 5, currency: "USD" }, fee: { amount: 1, currency: "EUR" } };
    expect(type.fromBuffer(avroType({ schema: order, references: [moneyType] }).toBuffer(value))).toEqual(
      type.fromBuffer(type.toBuffer(value)),
    );
    expect(selfContained({ schema: money, references: [] })).toBe(money);
  });

  it("is looked for with the versions of what it refers to", async () => {
    const { registry, asked } = registryOf(stored);
    expect(await registry.idOf("orders-e.Order", order, [moneyType])).toBe(5);
    expect(registry.knownIdOf("orders-e.Order", order, [moneyType])).toBe(5);
    // Its id is good for reading at once.
    expect(registry.knownSchemaOf(5)).toBe(selfContained({ schema: order, references: [moneyType] }));
    expect(asked).toEqual(["POST /subjects/c.Currency", "POST /subjects/c.Money", "POST /subjects/orders-e.Order"]);
    expect(registry.knownIdOf("orders-e.Order", order, [{ ...moneyType, schema: "{}" }])).toBeUndefined();
  });

  it("is fetched by its id with the versions that wrote the record, each asked for once", async () => {
    const { registry, asked } = registryOf(stored);
    expect(JSON.parse(await registry.schemaOf(4))).toMatchObject({
      fields: [{ type: { name: "c.Money", fields: [{ name: "amount" }] } }, {}],
    });
    expect(await registry.schemaOf(5)).toContain("USD");
    expect(asked).toEqual([
      "GET /schemas/ids/4",
      "GET /subjects/c.Money/versions/1",
      "GET /schemas/ids/5",
      "GET /subjects/c.Money/versions/2",
      "GET /subjects/c.Currency/versions/1",
    ]);
    await registry.schemaOf(5);
    expect(asked).toHaveLength(5);
  });

  it("waits where the registry does not know a type yet that it must keep", async () => {
    const { registry } = registryOf(stored.filter(({ id }) => id !== 1));
    await expect(registry.schemaOf(5)).rejects.toMatchObject({ code: "SVC_REGISTRY_UNAVAILABLE", permanent: false });
  });

  it("is written by the codec, and read whatever version of its types wrote it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "codec-"));
    try {
      // The reader's currency has a default: records of the time before there was one can be read.
      const newMoney = JSON.stringify({
        type: "record",
        name: "Money",
        namespace: "c",
        fields: [
          { name: "amount", type: "long" },
          { name: "currency", type: "c.Currency", default: "EUR" },
        ],
      });
      for (const [path, text] of [
        ["common/Currency.avsc", currency],
        ["common/Money.avsc", newMoney],
        ["Order.avsc", order],
      ] as const) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), JSON.stringify(JSON.parse(text), null, 2));
      }
      const { registry } = registryOf([
        ...stored,
        { id: 6, subject: "c.Money", version: 3, schema: newMoney, references: [reference("c.Currency", 1)] },
        { id: 7, subject: "orders-e.Order", version: 3, schema: order, references: [reference("c.Money", 3)] },
      ]);
      const event = { event: "order.noted", record: "e.Order", schema: "Order.avsc", references: ["c.Money"] };
      const codec = avroCodec(
        {
          service: "s",
          group: "s",
          instances: 1,
          deadLetterTopic: "s.dlt",
          retryTopics: [],
          publishes: [{ ...event, topic: "orders", subject: "orders-e.Order" }],
          consumes: [{ topic: "orders", events: [event] }],
          types: [
            { name: "c.Currency", schema: "common/Currency.avsc", references: [] },
            { name: "c.Money", schema: "common/Money.avsc", references: ["c.Currency"] },
          ],
        },
        folder,
        registry,
      );
      await codec.warm();
      expect(codec.knownSchemaId("order.noted")).toBe(7);
      const payload = { total: { amount: 5, currency: "USD" }, fee: null };
      expect(await codec.decode("order.noted", frame(7, codec.body("order.noted", payload)))).toEqual(payload);
      const old = avroType({
        schema: order,
        references: [{ name: "c.Money", subject: "c.Money", schema: stored[1]?.schema ?? "" }],
      });
      expect(await codec.decode("order.noted", frame(4, old.toBuffer({ total: { amount: 9 }, fee: null })))).toEqual({
        total: { amount: 9, currency: "EUR" },
        fee: null,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
