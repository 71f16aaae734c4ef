import type { RunningService } from "@event-platform-kit/service";
import { uuidV7 } from "@event-platform-kit/service/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPaymentService } from "../../../service-templates/payment-service/src/service.ts";
import { eventually, stretched } from "../../platform/condition.ts";
import { sample } from "../servers/metrics.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import type { OrderRecords } from "../servers/order-records.ts";
import { createdPayload, orderRecords } from "../servers/order-records.ts";
import { produceRaw, readTopic } from "../servers/records.ts";

const RETRY_TOPICS = [
  { topic: "payment-service.retry-1s", delayMs: 1_000 },
  { topic: "payment-service.retry-4s", delayMs: 4_000 },
];

describe("delayed-retry topics", () => {
  let platform: OrderPlatform;
  let records: OrderRecords;
  let more: RunningService | undefined;
  beforeAll(async () => {
    // The contract lists them in any order; the delays say which comes first.
    platform = await startOrderPlatform({}, {}, (contract) =>
      contract.service === "payment-service" ? { ...contract, retryTopics: RETRY_TOPICS.toReversed() } : contract,
    );
    records = orderRecords(platform);
    await platform.sql(
      "payment_service",
      `
      CREATE TABLE refused (customer_id text PRIMARY KEY); GRANT SELECT ON refused TO payment_service;
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT 1 FROM refused WHERE customer_id = NEW.customer_id) THEN RAISE EXCEPTION 'not today'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
  });
  afterAll(async () => {
    await more?.stop();
    await platform?.stop();
  });

  const refuse = (customer: string): Promise<unknown> =>
    platform.sql("payment_service", "INSERT INTO refused VALUES ($1)", [customer]);
  const allow = (customer: string): Promise<unknown> =>
    platform.sql("payment_service", "DELETE FROM refused WHERE customer_id = $1", [customer]);
  async function paid(orderId: string, limitMs = 15_000): Promise<void> {
    await eventually(
      `order ${orderId} to be paid`,
      async () =>
        (
          await platform.sql("payment_service", "SELECT 1 FROM payments WHERE order_id = $1 AND status = 'processed'", [
            orderId,
          ])
        ).length === 1
          ? true
          : undefined,
      limitMs,
    );
  }

  it("apply later what failed, byte for byte, while the records behind it go on", async () => {
    const [bad, good] = [uuidV7(), uuidV7()];
    await refuse("cust-later");
    const failing = records.record("order.created", bad, createdPayload(bad, "cust-later"));
    // The same key, so the same partition, behind the one that fails.
    await produceRaw(platform.kafka, [
      failing,
      { ...records.record("order.created", good, createdPayload(good)), key: bad },
    ]);
    const [waiting] = await readTopic(platform.kafka, "payment-service.retry-1s", 1);
    expect(waiting?.value).toEqual(failing.value);
    expect(waiting?.key).toBe(bad);
    expect(waiting?.headers).toMatchObject({
      ...failing.headers,
      "retry-origin-topic": "order-events",
      "retry-attempt": "5",
    });
    await paid(good);
    expect(await platform.sql("payment_service", "SELECT 1 FROM payments WHERE order_id = $1", [bad])).toEqual([]);
    await allow("cust-later");
    await paid(bad);
    const [row] = await platform.sql<{ at: Date }>(
      "payment_service",
      "SELECT created_at AS at FROM payments WHERE order_id = $1",
      [bad],
    );
    expect(row?.at.getTime()).toBeGreaterThanOrEqual(Number(waiting?.headers["retry-not-before"]));
    expect(
      await platform.sql("payment_service", "SELECT topic FROM inbox WHERE event_id = $1", [
        failing.headers["event-id"],
      ]),
    ).toEqual([{ topic: "order-events" }]);
    expect(
      await sample(platform.services.payment.managementPort, "consumer_records_total", {
        outcome: "delayed",
        topic: "order-events",
      }),
    ).toBeGreaterThanOrEqual(1);
    expect(await platform.sql("payment_service", "SELECT 1 FROM dead_letters")).toEqual([]);
  });

  it("lead to a dead-letter record that names the first origin, once all of them were tried", async () => {
    const orderId = uuidV7();
    await refuse("cust-never");
    const failing = records.record("order.created", orderId, createdPayload(orderId, "cust-never"));
    await produceRaw(platform.kafka, [failing]);
    const [deadLetter] = await readTopic(platform.kafka, "payment-service.dlt", 1, 25_000);
    const origin =
      (await readTopic(platform.kafka, "order-events", 1)).length > 0
        ? (await readTopic(platform.kafka, "payment-service.retry-4s", 1))[0]?.headers
        : undefined;
    expect(deadLetter?.value).toEqual(failing.value);
    expect(deadLetter?.headers).toMatchObject({
      ...failing.headers,
      "dlt-origin-topic": "order-events",
      "dlt-origin-partition": origin?.["retry-origin-partition"],
      "dlt-origin-offset": origin?.["retry-origin-offset"],
      "dlt-error-code": "SVC_HANDLER_FAILED",
      "dlt-attempts": "15",
    });
    expect(Object.keys(deadLetter?.headers ?? {}).filter((name) => name.startsWith("retry-"))).toEqual([]);
    expect(
      await platform.sql("payment_service", "SELECT topic, attempts FROM dead_letters WHERE event_id = $1", [
        failing.headers["event-id"],
      ]),
    ).toEqual([{ topic: "order-events", attempts: 15 }]);
  });

  it("send poison straight to the dead-letter records, and one that does not say where it comes from too", async () => {
    const orderId = uuidV7();
    const good = records.record("order.created", orderId, createdPayload(orderId));
    await produceRaw(platform.kafka, [
      { ...good, value: Buffer.from("not Avro") },
      { ...good, topic: "payment-service.retry-1s" },
    ]);
    const deadLetters = await readTopic(platform.kafka, "payment-service.dlt", 3);
    const codes = deadLetters
      .filter((deadLetter) => deadLetter.key === orderId)
      .map((deadLetter) => [deadLetter.headers["dlt-error-code"], deadLetter.headers["dlt-origin-topic"]]);
    expect(codes.toSorted()).toEqual([
      ["SVC_RECORD_FRAMING", "order-events"],
      ["SVC_RECORD_HEADER", "payment-service.retry-1s"],
    ]);
  });

  it("bury what forged headers say, and go on with what stands behind it", async () => {
    const [bad, good] = [uuidV7(), uuidV7()];
    const marks = {
      "retry-origin-topic": "order-events",
      "retry-origin-partition": "0",
      "retry-origin-offset": "0",
      "retry-attempt": "5",
      "retry-not-before": "0",
    };
    const forged: Record<string, string>[] = [
      { "retry-origin-partition": "2147483648" },
      { "retry-origin-partition": "99999999999999999" },
      { "retry-origin-offset": "9223372036854775808" },
      { "retry-attempt": "99999999999" },
      { "retry-origin-topic": "salaries" },
      { "retry-origin-topic": "order-events\u0000" },
      { "retry-not-before": "9".repeat(400) },
    ];
    const record = (orderId: string, headers: Record<string, string>, topic = "payment-service.retry-1s") => {
      const made = records.record("order.created", orderId, createdPayload(orderId));
      return { ...made, topic, headers: { ...made.headers, ...headers } };
    };
    await produceRaw(platform.kafka, [
      ...forged.map((headers) => record(bad, { ...marks, ...headers })),
      record(good, marks),
    ]);
    await paid(good, 60_000);
    await eventually(
      "all but the last of them to be dead-letter records",
      async () => {
        const rows = await platform.sql<{ topic: string; error_code: string }>(
          "payment_service",
          "SELECT topic, error_code FROM dead_letters WHERE topic = 'payment-service.retry-1s' AND error_message LIKE '%must be%' AND error_message NOT LIKE '%not at all%'",
        );
        return rows.length === forged.length - 1 && rows.every(({ error_code: code }) => code === "SVC_RECORD_HEADER")
          ? true
          : undefined;
      },
      60_000,
    );
    // Only its time was wrong, which is bounded by the topic's delay.
    await paid(bad, 60_000);
  });

  it("give what is held back to the next instance, and hold up no drain and no rebalance", async () => {
    // Fewer than would open the consumer's breaker.
    const orders = Array.from({ length: 4 }, () => uuidV7());
    await refuse("cust-moved");
    await produceRaw(
      platform.kafka,
      orders.map((orderId) => records.record("order.created", orderId, createdPayload(orderId, "cust-moved"))),
    );
    // All of them wait for the longer delay when a second instance comes and the first one goes.
    await eventually(
      "all to wait for the second time",
      async () =>
        (
          await platform.sql(
            "payment_service",
            "SELECT 1 FROM outbox_published WHERE topic = 'payment-service.retry-4s' AND key = ANY($1)",
            [orders.map((orderId) => Buffer.from(orderId))],
          )
        ).length === orders.length
          ? true
          : undefined,
      20_000,
    );
    await allow("cust-moved");
    more = await startPaymentService({ env: platform.environment("payment-service", "1") });
    const started = Date.now();
    await platform.services.payment.stop();
    expect(Date.now() - started, "milliseconds of the drain").toBeLessThan(stretched(6_000));
    for (const orderId of orders) await paid(orderId, 30_000);
    expect(
      await platform.sql(
        "payment_service",
        "SELECT order_id FROM provider_ledger WHERE kind = 'capture' AND order_id = ANY($1) GROUP BY order_id HAVING count(*) > 1",
        [orders],
      ),
    ).toEqual([]);
  });
});
