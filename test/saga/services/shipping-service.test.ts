import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { RunningService } from "@event-platform-kit/service";
import { frame, unframe } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import avro from "avsc";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { firstProgress, shipmentOf } from "../../../service-templates/shipping-service/src/booking/decide.ts";
import type { CarrierName } from "../../../service-templates/shipping-service/src/carriers/carrier.ts";
import { CARRIERS } from "../../../service-templates/shipping-service/src/carriers/carrier.ts";
import { startShippingService } from "../../../service-templates/shipping-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import { endChild } from "../servers/child.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { ROOT, startOrderPlatform } from "../servers/order-platform.ts";
import type { RawIn, RawOut } from "../servers/records.ts";
import { produceRaw, readTopic } from "../servers/records.ts";

const ANSWER_MS = 400;
const ALL_STEPS = ["shipment.created", "shipment.dispatched", "shipment.delivered"];

interface ShownShipment extends Record<string, unknown> {
  readonly status: string;
  readonly carrier: CarrierName;
  readonly turn: number;
  readonly in_doubt: boolean;
  readonly rejected_by: readonly CarrierName[];
  readonly tracking_number: string | null;
}

describe("shipping", () => {
  let platform: OrderPlatform;
  let shipping: RunningService;
  beforeAll(async () => {
    platform = await startOrderPlatform(
      { SHIPPING_DISPATCH_MS: "600", SHIPPING_DELIVERY_MS: "900", SHIPPING_ANSWER_MS: String(ANSWER_MS) },
      { "shipping-service": startShippingService },
    );
    const started = platform.others.get("shipping-service");
    if (started === undefined) throw new Error("shipping-service was not started");
    shipping = started;
  });
  afterAll(() => platform?.stop());
  beforeEach(async () => {
    for (const carrier of CARRIERS) await behave(carrier, { behaviour: "accept" });
  });

  async function put(carrier: string, body: object): Promise<Response> {
    return fetch(`http://127.0.0.1:${shipping.managementPort}/carriers/${carrier}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }
  async function behave(carrier: CarrierName, body: object): Promise<void> {
    const response = await put(carrier, body);
    if (!response.ok) throw new Error(`PUT /carriers/${carrier}: ${response.status} ${await response.text()}`);
  }
  function subject(event: string): { readonly id: number; readonly type: avro.Type; readonly topic: string } {
    const planned = platform.plan.subjects.find((item) => item.eventType === event);
    if (planned === undefined) throw new Error(`no subject for ${event}`);
    return {
      id: platform.registry.register(planned.name, planned.schema),
      type: avro.Type.forSchema(JSON.parse(planned.schema) as avro.Schema),
      topic: planned.topic,
    };
  }
  /** An order.confirmed as order-service writes it. */
  function confirmed(orderId: string, eventId = uuidV7()): RawOut {
    const { id, type, topic } = subject("order.confirmed");
    const payload = {
      orderId,
      customerId: "cust-ship",
      timestamp: Date.now(),
      totalAmount: 59.8,
      currency: "EUR",
      transactionId: "t",
      items: [{ productId: "sku-mouse", quantity: 2 }],
      shippingAddress: "1 Main Street, 10115 Berlin, DE",
    };
    return {
      topic,
      key: orderId,
      value: frame(id, type.toBuffer(payload)),
      headers: {
        "event-id": eventId,
        "event-type": "order.confirmed",
        "event-version": "1",
        "occurred-at": new Date().toISOString(),
        "correlation-id": orderId,
      },
    };
  }
  /** A new order that prefers this carrier. */
  function orderFor(carrier: CarrierName): string {
    for (;;) {
      const orderId = uuidV7();
      if (firstProgress(orderId).carrier === carrier) return orderId;
    }
  }
  async function confirm(...orderIds: readonly string[]): Promise<void> {
    await produceRaw(
      platform.kafka,
      orderIds.map((orderId) => confirmed(orderId)),
    );
  }
  async function shipment(orderId: string): Promise<ShownShipment | undefined> {
    const [row] = await platform.sql<ShownShipment>(
      "shipping_service",
      "SELECT status, carrier, turn, in_doubt, rejected_by, tracking_number FROM shipments WHERE order_id = $1",
      [orderId],
    );
    return row;
  }
  async function reached(orderId: string, status: string, limitMs = 20_000): Promise<ShownShipment> {
    return eventually(
      `the shipment of ${orderId} to be ${status}`,
      async () => {
        const now = await shipment(orderId);
        if (now?.status === status) return now;
        throw new Error(`it is ${JSON.stringify(now)}`);
      },
      limitMs,
    );
  }
  /** What the carriers' books hold for an order, for example `fedex/0 void`. */
  async function books(orderId: string): Promise<readonly string[]> {
    const rows = await platform.sql<{ carrier: string; reference: string; status: string }>(
      "shipping_service",
      "SELECT carrier, reference, status FROM carrier_bookings WHERE shipment_id = $1 ORDER BY reference",
      [shipmentOf(orderId)],
    );
    return rows.map(({ carrier, reference, status }) => `${carrier}/${reference.split("/")[1] ?? ""} ${status}`);
  }
  async function metric(pattern: RegExp): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${shipping.managementPort}/metrics`)).text();
    return [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
  }
  /** The events of the orders that wait in or are in the topic, without copies, by order. */
  async function eventsOf(orderIds: readonly string[]): Promise<ReadonlyMap<string, readonly RawIn[]>> {
    const published = await eventually(
      "the outbox to be empty",
      async () => {
        const [row] = await platform.sql<{ waiting: string; published: string }>(
          "shipping_service",
          "SELECT (SELECT count(*) FROM outbox) AS waiting, (SELECT count(*) FROM outbox_published WHERE topic = 'shipping-events') AS published",
        );
        return row?.waiting === "0" ? Number(row.published) : undefined;
      },
      10_000,
    );
    const wanted = new Set(orderIds);
    const seen = new Set<string>();
    const records = (await readTopic(platform.kafka, "shipping-events", published)).filter((record) => {
      const copy = seen.has(record.headers["event-id"] ?? "");
      seen.add(record.headers["event-id"] ?? "");
      return !copy && wanted.has(record.key);
    });
    return Map.groupBy(records, (record) => record.key);
  }
  const types = (records: readonly RawIn[] | undefined): readonly (string | undefined)[] =>
    (records ?? []).map((record) => record.headers["event-type"]);

  it("takes a placed order to the customer's door and tells each step once, in order", async () => {
    const orderId = await platform.place([{ productId: "sku-mouse", quantity: 2 }], "cust-door");
    expect((await platform.ended(orderId, { customer: "cust-door" })).status).toBe("confirmed");
    const delivered = await reached(orderId, "delivered");
    expect(delivered.carrier).toBe(firstProgress(orderId).carrier);
    const records = (await eventsOf([orderId])).get(orderId);
    expect(types(records)).toEqual(ALL_STEPS);
    const [source] = await platform.sql<{ event_id: string }>(
      "order_service",
      "SELECT event_id FROM outbox_published WHERE event_type = 'order.confirmed' AND key = convert_to($1, 'UTF8')",
      [orderId],
    );
    for (const record of records ?? [])
      expect(record.headers).toMatchObject({ "correlation-id": orderId, "causation-id": source?.event_id });
    const payloads = (records ?? []).map((record) => ({
      ...(subject(record.headers["event-type"] ?? "").type.fromBuffer(unframe(record.value).body) as object),
    }));
    const common = {
      orderId,
      shipmentId: shipmentOf(orderId),
      carrier: delivered.carrier,
      trackingNumber: delivered.tracking_number,
    };
    expect(payloads[0]).toMatchObject({
      ...common,
      customerId: "cust-door",
      items: [{ productId: "sku-mouse", quantity: 2 }],
      shippingAddress: "1 Main Street, 10115 Berlin, DE",
    });
    expect(payloads[1]).toMatchObject({ ...common, estimatedDelivery: expect.any(Number) as number });
    expect(payloads[2]).toMatchObject({ ...common, receivedBy: "customer" });
  });

  it("ships once however often the order is confirmed", async () => {
    const orderId = uuidV7();
    const again = confirmed(orderId);
    await produceRaw(platform.kafka, [again, again, confirmed(orderId), confirmed(orderId)]);
    await reached(orderId, "delivered");
    await produceRaw(platform.kafka, [again, confirmed(orderId)]);
    await eventually(
      "all copies to be taken",
      async () => {
        const [row] = await platform.sql<{ count: string }>(
          "shipping_service",
          "SELECT count(*) FROM inbox WHERE event_type = 'order.confirmed'",
        );
        const [source] = await platform.sql<{ count: string }>("shipping_service", "SELECT count(*) FROM shipments");
        // Three ids more than shipments: the copies under ids of their own.
        return Number(row?.count) === Number(source?.count) + 3 ? true : undefined;
      },
      10_000,
    );
    expect(await books(orderId)).toEqual([`${firstProgress(orderId).carrier}/0 booked`]);
    expect(types((await eventsOf([orderId])).get(orderId))).toEqual(ALL_STEPS);
  });

  it("falls over to the other carrier", async () => {
    await behave("fedex", { behaviour: "unavailable" });
    const [hit, spared] = [orderFor("fedex"), orderFor("ups")];
    await confirm(hit, spared);
    expect(await reached(hit, "delivered")).toMatchObject({ carrier: "ups", turn: 1 });
    expect(await reached(spared, "delivered")).toMatchObject({ carrier: "ups", turn: 0 });
    expect(await books(hit)).toEqual(["ups/1 booked"]);
    expect(
      await metric(/shipment_fall_overs_total\{[^}]*from="fedex"[^}]*to="ups"[^}]*\} (\d+)/gu),
    ).toBeGreaterThanOrEqual(1);
  });

  it("waits while both are down, and ships when one is back", async () => {
    for (const carrier of CARRIERS) await behave(carrier, { behaviour: "unavailable" });
    const orders = [orderFor("fedex"), orderFor("ups")];
    await confirm(...orders);
    for (const orderId of orders) {
      await eventually(
        `both carriers to be tried for ${orderId}`,
        async () => {
          const now = await shipment(orderId);
          return now?.status === "waiting" && now.turn >= 1 ? true : undefined;
        },
        20_000,
      );
    }
    expect(await metric(/shipments_waiting\{[^}]*\} (\d+)/gu)).toBe(2);
    expect(await metric(/shipments_waiting_oldest_age_seconds\{[^}]*\} ([\d.]+)/gu)).toBeGreaterThan(0);
    await behave("ups", { behaviour: "accept" });
    for (const orderId of orders) expect(await reached(orderId, "delivered", 40_000)).toMatchObject({ carrier: "ups" });
    const events = await eventsOf(orders);
    for (const orderId of orders) expect(types(events.get(orderId))).toEqual(ALL_STEPS);
  });

  it("makes a booking void before it falls over from a carrier that books but does not answer", async () => {
    await behave("fedex", { behaviour: "timeout" });
    const orderId = orderFor("fedex");
    await confirm(orderId);
    expect(await reached(orderId, "delivered", 30_000)).toMatchObject({ carrier: "ups", turn: 1 });
    expect(await books(orderId)).toEqual(["fedex/0 void", "ups/1 booked"]);
  });

  it("does not fall over while it is unknown whether the first carrier has booked", async () => {
    // The simulator executes every request to fedex, but long after the client's timeout.
    await behave("fedex", { behaviour: "accept", latencyMs: ANSWER_MS * 3 });
    const orderId = orderFor("fedex");
    await confirm(orderId);
    await eventually(
      "the shipment to be in doubt, with the attempts used up",
      async () => {
        const [row] = await platform.sql<{ in_doubt: boolean; failures: number }>(
          "shipping_service",
          "SELECT in_doubt, failures FROM shipments WHERE order_id = $1",
          [orderId],
        );
        return row?.in_doubt === true && row.failures >= 4 ? true : undefined;
      },
      30_000,
    );
    expect((await books(orderId)).filter((line) => line.startsWith("ups"))).toEqual([]);
    await behave("fedex", { behaviour: "accept" });
    await reached(orderId, "delivered", 30_000);
    expect((await books(orderId)).filter((line) => line.endsWith("booked"))).toHaveLength(1);
  });

  it("finds out what an instance that ended between asking and noting has left", async () => {
    await behave("fedex", { behaviour: "unavailable" });
    const orderId = orderFor("fedex");
    // Leftovers of such an instance: an expired claim, and an unrecorded booking.
    await platform.sql(
      "shipping_service",
      `
      INSERT INTO carrier_bookings (carrier, reference, shipment_id, status, tracking_number, at) VALUES ('fedex', $1::text || '/0', ($1::text)::uuid, 'booked', 'left-behind', now())`,
      [shipmentOf(orderId)],
    );
    await platform.sql(
      "shipping_service",
      `
      INSERT INTO shipments (shipment_id, order_id, customer_id, shipping_address, items, carrier, in_doubt, claims, next_at, correlation_id, causation_id, created_at)
      VALUES ($1, $2::uuid, 'cust-ship', 'Main Street', '[{"productId": "sku-mouse", "quantity": 1}]', 'fedex', true, 1, now(), $3, $2::uuid, now())`,
      [shipmentOf(orderId), orderId, orderId],
    );
    await eventually(
      "the attempts to be used up",
      async () => {
        const [row] = await platform.sql<{ failures: number }>(
          "shipping_service",
          "SELECT failures FROM shipments WHERE order_id = $1",
          [orderId],
        );
        return Number(row?.failures) >= 4 ? true : undefined;
      },
      20_000,
    );
    expect(await books(orderId)).toEqual(["fedex/0 booked"]);
    await behave("fedex", { behaviour: "accept" });
    expect(await reached(orderId, "delivered", 30_000)).toMatchObject({ carrier: "ups", turn: 1 });
    expect(await books(orderId)).toEqual(["fedex/0 void", "ups/1 booked"]);
  });

  it("takes the other carrier where one does not serve the address, and says so where none does", async () => {
    await behave("fedex", { behaviour: "reject" });
    const one = orderFor("fedex");
    await confirm(one);
    expect(await reached(one, "delivered")).toMatchObject({ carrier: "ups", rejected_by: ["fedex"] });

    await behave("ups", { behaviour: "reject" });
    const both = [orderFor("fedex"), orderFor("ups")];
    await confirm(...both);
    for (const orderId of both)
      expect(await reached(orderId, "undeliverable")).toMatchObject({ tracking_number: null });
    expect(await metric(/shipments_total\{[^}]*outcome="undeliverable"[^}]*\} (\d+)/gu)).toBe(2);
    expect(
      [...(await eventsOf(both)).values()].map((records) => records.map(({ headers }) => headers["event-type"])),
    ).toEqual([["shipment.failed"], ["shipment.failed"]]);
  });

  it("leaves what another instance has claimed alone, however far ahead its own clock is", async () => {
    for (const carrier of CARRIERS)
      await behave(carrier, { behaviour: "accept", latencyMs: Math.round(ANSWER_MS / 2) });
    const ahead = await startShippingService({
      env: platform.environment("shipping-service", "ahead"),
      clock: () => Date.now() + 3_600_000,
    });
    try {
      const orderIds = Array.from({ length: 40 }, () => uuidV7());
      // One by one, so that both instances find due work while the other one calls.
      for (const orderId of orderIds) await confirm(orderId);
      for (const orderId of orderIds) await reached(orderId, "delivered", 60_000);
      expect(
        await platform.sql(
          "shipping_service",
          "SELECT DISTINCT claims FROM shipments WHERE order_id = ANY($1::uuid[])",
          [orderIds],
        ),
      ).toEqual([{ claims: 1 }]);
    } finally {
      await ahead.stop();
    }
  });

  it("refuses a switch it does not know", async () => {
    expect((await put("dhl", { behaviour: "accept" })).status).toBe(404);
    expect((await put("ups", { behaviour: "strike" })).status).toBe(422);
    expect((await put("ups", { behaviour: "accept", failureRate: 1.5 })).status).toBe(422);
    const shown = await (await fetch(`http://127.0.0.1:${shipping.managementPort}/carriers`)).json();
    expect(shown).toMatchObject({
      fedex: { behaviour: "accept" },
      ups: { behaviour: "accept", latencyMs: 0, failureRate: 0 },
    });
  });

  it("ships every order exactly once with two instances, failing carriers, and an instance killed in the middle", async () => {
    for (const [place, carrier] of CARRIERS.entries())
      await behave(carrier, { behaviour: "accept", latencyMs: 30, failureRate: 0.4, seed: 20 + place });
    const second = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(ROOT, "service-templates/shipping-service/src/main.ts")],
      {
        env: { ...process.env, ...platform.environment("shipping-service", "1"), LOG_LEVEL: "info" },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    try {
      await new Promise<void>((resolve, reject) => {
        second.stdout.on("data", (chunk: Buffer) => {
          if (chunk.toString().includes('"started"')) resolve();
        });
        second.once("exit", (code) => reject(new Error(`shipping-service ended with ${code}`)));
      });
      const orders = Array.from({ length: 120 }, () => uuidV7());
      for (let from = 0; from < orders.length; from += 20) {
        await confirm(...orders.slice(from, from + 20));
        if (from === 60) {
          await eventually(
            "the second instance to work, and shipments to be under way",
            async () => {
              const [found] = await platform.sql<{ working: boolean; booked: boolean }>(
                "shipping_service",
                `
              SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'shipping-service-1') AS working,
                     EXISTS (SELECT FROM shipments WHERE order_id = ANY($1) AND status = 'booked') AS booked`,
                [orders],
              );
              return found?.working === true && found.booked ? true : undefined;
            },
            20_000,
          );
          second.kill("SIGKILL");
          await once(second, "exit");
        }
      }
      await eventually(
        "all to be delivered",
        async () => {
          const rows = await platform.sql<{ status: string; count: string }>(
            "shipping_service",
            "SELECT status, count(*) FROM shipments WHERE order_id = ANY($1) GROUP BY status",
            [orders],
          );
          if (rows.length === 1 && rows[0]?.status === "delivered" && rows[0].count === "120") return true;
          throw new Error(JSON.stringify(rows));
        },
        90_000,
      );
      const events = await eventsOf(orders);
      for (const orderId of orders) expect(types(events.get(orderId)), orderId).toEqual(ALL_STEPS);
    } finally {
      await endChild(second, 12_000);
    }
  });

  it("has one booking for every shipment after all that, the one it tells of", async () => {
    const wrong = await platform.sql(
      "shipping_service",
      `
      SELECT s.order_id, s.status, array_agg(b.carrier || ' ' || b.reference) AS booked FROM shipments s LEFT JOIN carrier_bookings b USING (shipment_id)
       WHERE b.status = 'booked' OR b.status IS NULL GROUP BY s.order_id, s.status, s.carrier, s.tracking_number
      HAVING count(b.*) <> 1 OR bool_or(b.carrier <> s.carrier OR b.tracking_number <> s.tracking_number)`,
    );
    expect(wrong).toEqual([]);
    const [open] = await platform.sql(
      "shipping_service",
      "SELECT count(*)::int AS count FROM shipments WHERE status NOT IN ('delivered', 'undeliverable')",
    );
    expect(open).toEqual({ count: 0 });
    expect(await platform.sql("shipping_service", "SELECT 1 FROM dead_letters")).toEqual([]);
  });
});
