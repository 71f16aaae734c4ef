import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { frame } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import avro from "avsc";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import { endChild } from "../servers/child.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { ROOT, startOrderPlatform } from "../servers/order-platform.ts";
import type { RawOut } from "../servers/records.ts";
import { produceRaw, readTopic } from "../servers/records.ts";

const MOUSE = [{ productId: "sku-mouse", quantity: 1 }];

describe("the saga when things fail", () => {
  let platform: OrderPlatform;
  beforeAll(async () => {
    platform = await startOrderPlatform();
  });
  afterAll(() => platform?.stop());

  function headers(type: string, orderId: string, eventId = uuidV7()): Record<string, string> {
    return {
      "event-id": eventId,
      "event-type": type,
      "event-version": "1",
      "occurred-at": new Date().toISOString(),
      "correlation-id": orderId,
    };
  }
  function subject(event: string): { id: number; type: avro.Type; topic: string } {
    const planned = platform.plan.subjects.find((item) => item.eventType === event);
    if (planned === undefined) throw new Error(`no subject for ${event}`);
    return {
      id: platform.registry.register(planned.name, planned.schema),
      type: avro.Type.forSchema(JSON.parse(planned.schema) as avro.Schema),
      topic: planned.topic,
    };
  }
  function record(event: string, orderId: string, payload: object, eventId?: string): RawOut {
    const { id, type, topic } = subject(event);
    return { topic, key: orderId, value: frame(id, type.toBuffer(payload)), headers: headers(event, orderId, eventId) };
  }
  const created = (orderId: string): object => ({
    orderId,
    customerId: "cust-raw",
    timestamp: Date.now(),
    items: [{ productId: "sku-charger", quantity: 1, price: 39.9 }],
    totalAmount: 39.9,
    currency: "EUR",
    shippingAddress: "raw",
  });
  const cancelled = (orderId: string): object => ({
    orderId,
    customerId: "cust-raw",
    timestamp: Date.now(),
    reason: "timed_out",
    detail: null,
  });

  it("puts poison into the dead-letter records with where and why, and moves on", async () => {
    const orderId = uuidV7();
    const good = record("order.created", orderId, created(orderId));
    const incompatible = platform.registry.register(
      "elsewhere",
      JSON.stringify({ type: "record", name: "Other", fields: [{ name: "x", type: "int" }] }),
    );
    const withoutId = Object.fromEntries(Object.entries(good.headers).filter(([name]) => name !== "event-id"));
    const poison: readonly (readonly [string, RawOut])[] = [
      [
        "SVC_RECORD_FRAMING",
        { ...good, value: Buffer.from("this is not Avro"), headers: headers("order.created", orderId) },
      ],
      [
        "SVC_RECORD_SCHEMA_UNKNOWN",
        { ...good, value: frame(99_999, Buffer.from([1, 2, 3])), headers: headers("order.created", orderId) },
      ],
      [
        "SVC_RECORD_SCHEMA_INCOMPATIBLE",
        { ...good, value: frame(incompatible, Buffer.from([2])), headers: headers("order.created", orderId) },
      ],
      ["SVC_RECORD_BODY", { ...good, value: good.value.subarray(0, 12), headers: headers("order.created", orderId) }],
      ["SVC_RECORD_HEADER", { ...good, headers: withoutId }],
      ["SVC_EVENT_VERSION", { ...good, headers: { ...headers("order.created", orderId), "event-version": "2.0" } }],
    ];
    await produceRaw(platform.kafka, [...poison.map(([, bad]) => bad), good]);

    // Services accept the registry's "not found" only after ten seconds.
    const deadLetters = await readTopic(platform.kafka, "payment-service.dlt", poison.length, 30_000);
    expect(deadLetters.map((deadLetter) => deadLetter.headers["dlt-error-code"])).toEqual(poison.map(([code]) => code));
    for (const [place, deadLetter] of deadLetters.entries()) {
      expect(deadLetter.value).toEqual(poison[place]?.[1].value);
      expect(deadLetter.key).toBe(orderId);
      expect(deadLetter.headers).toMatchObject({
        "dlt-origin-topic": "order-events",
        "dlt-group": "payment-service",
        "dlt-attempts": "1",
      });
      expect(deadLetter.headers["dlt-error-message"]).not.toBe("");
      expect(Number(deadLetter.headers["dlt-origin-offset"])).toBeGreaterThanOrEqual(0);
    }
    // The good record behind the poison record, on the same partition, was applied.
    await eventually(
      "the good record to be paid",
      async () => {
        const rows = await platform.sql("payment_service", "SELECT status FROM payments WHERE order_id = $1", [
          orderId,
        ]);
        return rows[0]?.status === "processed" ? true : undefined;
      },
      10_000,
    );
  });

  it("applies a record once however often it comes", async () => {
    const orderId = uuidV7();
    const once1 = record("order.created", orderId, created(orderId));
    await produceRaw(platform.kafka, [once1, once1, once1]);
    await produceRaw(platform.kafka, [once1]);
    await eventually(
      "the copies to be counted as known",
      async () => {
        const text = await (
          await fetch(`http://127.0.0.1:${platform.services.inventory.managementPort}/metrics`)
        ).text();
        const found =
          /consumer_records_total\{[^}]*event="order\.created"[^}]*outcome="deduplicated"[^}]*\} (\d+)/u.exec(text);
        return Number(found?.[1] ?? 0) >= 3 ? true : undefined;
      },
      10_000,
    );
    expect(
      await platform.sql("payment_service", "SELECT kind FROM provider_ledger WHERE order_id = $1", [orderId]),
    ).toEqual([{ kind: "capture" }]);
    expect(
      await platform.sql("inventory_service", "SELECT status FROM reservations WHERE order_id = $1", [orderId]),
    ).toEqual([{ status: "reserved" }]);
  });

  it("leaves a tombstone when the cancellation overtakes the order", async () => {
    const orderId = uuidV7();
    await produceRaw(platform.kafka, [
      record("order.cancelled", orderId, cancelled(orderId)),
      record("order.created", orderId, created(orderId)),
    ]);
    for (const [database, table] of [
      ["payment_service", "payments"],
      ["inventory_service", "reservations"],
    ] as const) {
      await eventually(
        `${database} to have seen both`,
        async () => {
          const rows = await platform.sql(
            database,
            "SELECT 1 FROM inbox WHERE event_type IN ('order.created', 'order.cancelled') AND topic = 'order-events' AND event_id IN (SELECT event_id FROM inbox ORDER BY processed_at DESC LIMIT 2)",
          );
          const [row] = await platform.sql(database, `SELECT status FROM ${table} WHERE order_id = $1`, [orderId]);
          return rows.length === 2 && row?.status === "cancelled" ? true : undefined;
        },
        10_000,
      );
    }
    const [ledger] = await platform.sql<{ net: string | null }>(
      "payment_service",
      "SELECT sum(CASE kind WHEN 'capture' THEN amount WHEN 'refund' THEN -amount ELSE 0 END) AS net FROM provider_ledger WHERE order_id = $1",
      [orderId],
    );
    expect(Number(ledger?.net ?? 0)).toBe(0);
    const answers = await platform.sql(
      "inventory_service",
      "SELECT 1 FROM outbox_published WHERE key = convert_to($1, 'UTF8') UNION ALL SELECT 1 FROM outbox WHERE key = convert_to($1, 'UTF8')",
      [orderId],
    );
    expect(answers).toEqual([]);
  });

  it("accepts and confirms orders while the registry is away, once it knew the schemas", async () => {
    await platform.ended(await platform.place(MOUSE));
    platform.registry.available = false;
    try {
      expect((await platform.ended(await platform.place(MOUSE))).status).toBe("confirmed");
    } finally {
      platform.registry.available = true;
    }
  });

  it("waits for the registry when a record needs a schema that is not known yet, and loses nothing", async () => {
    const orderId = uuidV7();
    const { type, topic } = subject("order.created");
    const schema = JSON.parse(
      platform.plan.subjects.find((item) => item.eventType === "order.created")?.schema ?? "{}",
    ) as { fields: object[] };
    // A newer producer: one more field, which this service's schema does not have.
    const newer = { ...schema, fields: [...schema.fields, { name: "giftWrap", type: "boolean", default: false }] };
    const id = platform.registry.register("order-events-com.globalmart.events.OrderCreated", JSON.stringify(newer));
    expect(type.isValid(created(orderId))).toBe(true);
    platform.registry.available = false;
    await produceRaw(platform.kafka, [
      {
        topic,
        key: orderId,
        value: frame(id, avro.Type.forSchema(newer as avro.Schema).toBuffer({ ...created(orderId), giftWrap: true })),
        headers: headers("order.created", orderId),
      },
    ]);
    await eventually(
      "the consumer to meet the closed registry",
      async () => {
        const text = await (await fetch(`http://127.0.0.1:${platform.services.payment.managementPort}/metrics`)).text();
        return /consumer_retries_total\{[^}]*\} [1-9]/u.test(text) ? true : undefined;
      },
      10_000,
    );
    expect(await platform.sql("payment_service", "SELECT 1 FROM payments WHERE order_id = $1", [orderId])).toEqual([]);
    platform.registry.available = true;
    await eventually(
      "the record to be paid",
      async () =>
        (await platform.sql("payment_service", "SELECT 1 FROM payments WHERE order_id = $1", [orderId])).length === 1
          ? true
          : undefined,
      10_000,
    );
    const dead = await platform.sql(
      "payment_service",
      "SELECT 1 FROM dead_letters WHERE event_type = 'order.created' AND error_code = 'SVC_REGISTRY_UNAVAILABLE'",
    );
    expect(dead).toEqual([]);
  });

  it("goes on by itself after PostgreSQL was restarted", async () => {
    const before = await platform.place(MOUSE);
    await platform.postgres.restart();
    expect((await platform.ended(before, { limitMs: 20_000 })).status).toBe("confirmed");
    const after = await eventually(
      "an order to be accepted again",
      async () => platform.place(MOUSE).catch(() => undefined),
      10_000,
    );
    expect((await platform.ended(after, { limitMs: 20_000 })).status).toBe("confirmed");
  });

  it("accepts orders while Kafka is down and confirms them when it is back", async () => {
    await platform.kafka.kill();
    const orders = await Promise.all(Array.from({ length: 5 }, () => platform.place(MOUSE)));
    await platform.kafka.start();
    for (const orderId of orders) expect((await platform.ended(orderId, { limitMs: 40_000 })).status).toBe("confirmed");
  });

  it("loses and doubles nothing when an instance is killed among several", async () => {
    const start = async () => {
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", join(ROOT, "service-templates/payment-service/src/main.ts")],
        {
          env: { ...process.env, ...platform.environment("payment-service", "1"), LOG_LEVEL: "info" },
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      await new Promise<void>((resolve, reject) => {
        child.stdout.on("data", (chunk: Buffer) => {
          if (chunk.toString().includes('"started"')) resolve();
        });
        child.once("exit", (code) => reject(new Error(`payment-service ended with ${code}`)));
      });
      return child;
    };
    const member = async (): Promise<void> => {
      await eventually(
        "the second instance to take work",
        async () => {
          await platform.ended(await platform.place(MOUSE), { limitMs: 30_000 });
          const [row] = await platform.sql<{ count: string }>(
            "payment_service",
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'payment-service-1'",
          );
          return Number(row?.count) > 0 ? true : undefined;
        },
        30_000,
      );
    };
    let second = await start();
    try {
      await member();
      const orders: string[] = [];
      for (let place = 0; place < 60; place += 1) {
        orders.push(await platform.place([{ productId: "sku-headphones", quantity: 1 }]));
        if (place === 20) {
          second.kill("SIGKILL");
          await once(second, "exit");
        }
        if (place === 30) second = await start();
      }
      for (const orderId of orders)
        expect((await platform.ended(orderId, { limitMs: 40_000 })).status).toBe("confirmed");
      const [captures] = await platform.sql<{ orders: string; captures: string }>(
        "payment_service",
        "SELECT count(DISTINCT order_id) AS orders, count(*) AS captures FROM provider_ledger WHERE kind = 'capture' AND order_id = ANY($1)",
        [orders],
      );
      expect(captures).toEqual({ orders: "60", captures: "60" });
      const [stock] = await platform.sql(
        "inventory_service",
        "SELECT sold + reserved AS taken FROM stock WHERE product_id = 'sku-headphones'",
      );
      expect(stock).toEqual({ taken: 60 });
    } finally {
      await endChild(second, 12_000);
      expect(second.exitCode, "a drained service ends with code 0").toBe(0);
    }
  });
});
