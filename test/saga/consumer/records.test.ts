import { frame } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import type { OrderRecords } from "../servers/order-records.ts";
import { cancelledPayload, createdPayload, envelope, orderRecords } from "../servers/order-records.ts";
import type { RawOut } from "../servers/records.ts";
import { produceRaw, readTopic } from "../servers/records.ts";

const HOUR_MS = 3_600_000;

describe("records that are not what this service would have written", () => {
  let platform: OrderPlatform;
  let records: OrderRecords;
  beforeAll(async () => {
    platform = await startOrderPlatform();
    records = orderRecords(platform);
  });
  afterAll(() => platform?.stop());

  const created = (orderId: string, payload: object = {}, writer?: Parameters<OrderRecords["record"]>[3]): RawOut =>
    records.record("order.created", orderId, { ...createdPayload(orderId), ...payload }, writer);
  async function paymentOf(orderId: string): Promise<Record<string, unknown>> {
    return eventually(
      `a payment of ${orderId}`,
      async () =>
        (
          await platform.sql(
            "payment_service",
            "SELECT status, amount::int, reason FROM payments WHERE order_id = $1",
            [orderId],
          )
        )[0],
      10_000,
    );
  }

  describe("are applied", () => {
    it("when the writer's schema has a field more", async () => {
      const orderId = uuidV7();
      const schema = records.schema("order.created");
      const newer = { ...schema, fields: [...schema.fields, { name: "giftWrap", type: "boolean", default: false }] };
      await produceRaw(platform.kafka, [created(orderId, { giftWrap: true }, { writer: newer })]);
      expect(await paymentOf(orderId)).toMatchObject({ status: "processed", amount: 3_990 });
    });
    it("when the writer's schema lacks a field for which the reader has a default", async () => {
      const orderId = uuidV7();
      const schema = records.schema("order.cancelled");
      const older = { ...schema, fields: schema.fields.filter((field) => field.name !== "detail") };
      const { detail: _detail, ...payload } = cancelledPayload(orderId) as { detail: null };
      await produceRaw(platform.kafka, [records.record("order.cancelled", orderId, payload, { writer: older })]);
      expect(await paymentOf(orderId)).toMatchObject({ status: "cancelled", reason: "timed_out" });
    });
    it.each([
      ["an hour ahead", HOUR_MS],
      ["an hour behind", -HOUR_MS],
      ["ten years behind", -87_600 * HOUR_MS],
    ])("when the writer's clock is %s", async (_name, off) => {
      const orderId = uuidV7();
      const record = created(orderId, { timestamp: Date.now() + off });
      await produceRaw(platform.kafka, [
        { ...record, headers: { ...record.headers, "occurred-at": new Date(Date.now() + off).toISOString() } },
      ]);
      expect(await paymentOf(orderId)).toMatchObject({ status: "processed" });
    });
    it("whatever their texts hold", async () => {
      const orderId = uuidV7();
      await produceRaw(platform.kafka, [
        created(orderId, {
          customerId: "\u202e ünï😀 '; DROP TABLE payments; --",
          shippingAddress: "x".repeat(200_000),
        }),
      ]);
      expect(await paymentOf(orderId)).toMatchObject({ status: "processed" });
    });
  });

  describe("become dead-letter records that say why, and the partition moves on", () => {
    const without = (record: RawOut, name: string): RawOut => ({
      ...record,
      headers: Object.fromEntries(Object.entries(record.headers).filter(([header]) => header !== name)),
    });
    const withHeader = (record: RawOut, name: string, value: string): RawOut => ({
      ...record,
      headers: { ...record.headers, [name]: value },
    });
    const withValue = (record: RawOut, value: Buffer): RawOut => ({ ...record, value });
    const body = (record: RawOut): Buffer => record.value.subarray(5);
    const incompatible = (): number =>
      platform.registry.register(
        "elsewhere",
        JSON.stringify({ type: "record", name: "Other", fields: [{ name: "x", type: "int" }] }),
      );
    const renamedAmount = (): number => {
      const schema = records.schema("order.created");
      return platform.registry.register(
        "order-events-com.globalmart.events.OrderCreated",
        JSON.stringify({
          ...schema,
          fields: schema.fields.map((field) => (field.name === "totalAmount" ? { ...field, name: "total" } : field)),
        }),
      );
    };

    const cases: [name: string, code: string, spoil: (good: RawOut) => RawOut, attempts?: number][] = [
      ["not Avro at all", "SVC_RECORD_FRAMING", (good) => withValue(good, Buffer.from('{"orderId": 1}'))],
      ["an empty value", "SVC_RECORD_FRAMING", (good) => withValue(good, Buffer.alloc(0))],
      [
        "shorter than the wire format's header",
        "SVC_RECORD_FRAMING",
        (good) => withValue(good, Buffer.from([0, 0, 0])),
      ],
      [
        "a wrong magic byte",
        "SVC_RECORD_FRAMING",
        (good) => withValue(good, Buffer.concat([Buffer.from([1]), good.value.subarray(1)])),
      ],
      ["an unknown schema id", "SVC_RECORD_SCHEMA_UNKNOWN", (good) => withValue(good, frame(987_654, body(good)))],
      [
        "a schema of something else",
        "SVC_RECORD_SCHEMA_INCOMPATIBLE",
        (good) => withValue(good, frame(incompatible(), Buffer.from([2]))),
      ],
      [
        "a schema without a field that has no default",
        "SVC_RECORD_SCHEMA_INCOMPATIBLE",
        (good) => withValue(good, frame(renamedAmount(), body(good))),
      ],
      ["a body that ends too soon", "SVC_RECORD_BODY", (good) => withValue(good, good.value.subarray(0, 20))],
      [
        "a body with more behind it",
        "SVC_RECORD_BODY",
        (good) => withValue(good, Buffer.concat([good.value, Buffer.from([7])])),
      ],
      [
        "a body that claims a text of 2 GB",
        "SVC_RECORD_BODY",
        (good) =>
          withValue(good, Buffer.concat([good.value.subarray(0, 5), Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f])])),
      ],
      ["no event-id", "SVC_RECORD_HEADER", (good) => without(good, "event-id")],
      ["no event-type", "SVC_RECORD_HEADER", (good) => without(good, "event-type")],
      ["no occurred-at", "SVC_RECORD_HEADER", (good) => without(good, "occurred-at")],
      ["no correlation-id", "SVC_RECORD_HEADER", (good) => without(good, "correlation-id")],
      ["an event-id that is none", "SVC_RECORD_HEADER", (good) => withHeader(good, "event-id", "1; DROP TABLE inbox")],
      ["an occurred-at that is no time", "SVC_RECORD_HEADER", (good) => withHeader(good, "occurred-at", "yesterday")],
      [
        "an order id that is no UUID",
        "SVC_EVENT_INVALID",
        (good) => created("not-a-uuid", {}, { eventId: good.headers["event-id"] ?? "" }),
      ],
      // The provider's books refuse it: that is not known beforehand, so it is tried in place first.
      [
        "an amount below zero",
        "SVC_HANDLER_FAILED",
        (good) => created(good.key, { totalAmount: -5 }, { eventId: good.headers["event-id"] ?? "" }),
        5,
      ],
    ];
    let seen = 0;

    it.each(cases)("%s", async (_name, code, spoil, attempts = 1) => {
      const [broken, next] = [uuidV7(), uuidV7()];
      const bad = { ...spoil(created(broken)), key: broken };
      // The same key: the same partition, behind the broken one.
      await produceRaw(platform.kafka, [bad, { ...created(next), key: broken }]);
      seen += 1;
      const deadLetter = (await readTopic(platform.kafka, "payment-service.dlt", seen, 30_000)).find(
        (found) => found.key === broken,
      );
      expect(deadLetter?.headers).toMatchObject({
        ...bad.headers,
        "dlt-error-code": code,
        "dlt-origin-topic": "order-events",
        "dlt-group": "payment-service",
        "dlt-attempts": String(attempts),
      });
      expect(deadLetter?.headers["dlt-error-message"]).not.toBe("");
      expect(deadLetter?.value).toEqual(bad.value);
      expect(await paymentOf(next)).toMatchObject({ status: "processed" });
    });

    it("once each, with a row for each", async () => {
      expect(await platform.sql("payment_service", "SELECT count(*)::int AS letters FROM dead_letters")).toEqual([
        { letters: cases.length },
      ]);
    });

    it("but not an event that the service does not handle, however broken", async () => {
      const orderId = uuidV7();
      await produceRaw(platform.kafka, [
        { topic: "order-events", key: orderId, value: Buffer.from("?"), headers: envelope("order.renamed", orderId) },
        created(orderId),
      ]);
      expect(await paymentOf(orderId)).toMatchObject({ status: "processed" });
      expect(await platform.sql("payment_service", "SELECT count(*)::int AS letters FROM dead_letters")).toEqual([
        { letters: cases.length },
      ]);
    });
  });
});
