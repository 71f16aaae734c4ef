import { once } from "node:events";
import type { RunningService } from "@event-platform-kit/service";
import { unframe } from "@event-platform-kit/service/events/codec";
import { uuidV7 } from "@event-platform-kit/service/ids";
import avro from "avsc";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ChannelName } from "../../../service-templates/notification-service/src/channels/channel.ts";
import { CHANNELS } from "../../../service-templates/notification-service/src/channels/channel.ts";
import { preferredChannel } from "../../../service-templates/notification-service/src/messages/decide.ts";
import { startNotificationService } from "../../../service-templates/notification-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import { endChild } from "../servers/child.ts";
import { sample } from "../servers/metrics.ts";
import { orderLife, payloadOf } from "../servers/order-life.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import type { OrderRecords } from "../servers/order-records.ts";
import { orderRecords } from "../servers/order-records.ts";
import type { RawIn } from "../servers/records.ts";
import { produceRaw, readTopic } from "../servers/records.ts";
import { startServiceProcess } from "../servers/service-process.ts";

const WINDOW_MS = 800;
const ANSWER_MS = 300;
const RETRY_TOPIC = "notification-service.retry-10s";

interface Delivery extends Record<string, unknown> {
  readonly channel: ChannelName;
  readonly message_id: string;
  readonly subject: string;
  readonly body: string;
  readonly status: string;
}

describe("notification", () => {
  let platform: OrderPlatform;
  let records: OrderRecords;
  let notification: RunningService;
  beforeAll(async () => {
    platform = await startOrderPlatform(
      { NOTIFICATION_WINDOW_MS: String(WINDOW_MS), NOTIFICATION_ANSWER_MS: String(ANSWER_MS) },
      { "notification-service": startNotificationService },
      // The same topics with a shorter delay.
      (contract) =>
        contract.service === "notification-service"
          ? { ...contract, retryTopics: [{ topic: RETRY_TOPIC, delayMs: 5_000 }] }
          : contract,
    );
    records = orderRecords(platform);
    const started = platform.others.get("notification-service");
    if (started === undefined) throw new Error("notification-service was not started");
    notification = started;
  });
  afterAll(() => platform?.stop());
  beforeEach(async () => {
    for (const channel of CHANNELS) await behave(channel, { behaviour: "accept" });
  });

  async function put(channel: string, body: object): Promise<Response> {
    return fetch(`http://127.0.0.1:${notification.managementPort}/channels/${channel}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }
  async function behave(channel: ChannelName, body: object): Promise<void> {
    const response = await put(channel, body);
    if (!response.ok) throw new Error(`PUT /channels/${channel}: ${response.status} ${await response.text()}`);
  }
  /** A new customer whose first channel is this one. */
  function customerOf(channel: ChannelName): string {
    for (;;) {
      const customer = `cust-${uuidV7()}`;
      if (preferredChannel(customer) === channel) return customer;
    }
  }
  const sql = <R = Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> =>
    platform.sql<R>("notification_service", text, values);
  function deliveries(customer: string): Promise<readonly Delivery[]> {
    return sql<Delivery>(
      "SELECT channel, message_id, subject, body, status FROM channel_deliveries WHERE recipient = $1 ORDER BY at",
      [customer],
    );
  }
  async function delivered(customer: string, count = 1, limitMs = 20_000): Promise<readonly Delivery[]> {
    return eventually(
      `${count} messages to ${customer}`,
      async () => {
        const found = (await deliveries(customer)).filter(({ status }) => status === "accepted");
        if (found.length >= count) return found;
        throw new Error(`there are ${JSON.stringify(found)}`);
      },
      limitMs,
    );
  }
  /** Steps of orders of which the customer was told, by order, as notification.sent says. */
  async function told(
    orderIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly (Record<string, unknown> & { readonly headers: RawIn["headers"] })[]>> {
    const published = await eventually(
      "all messages to be sent and the outbox to be empty",
      async () => {
        const [row] = await sql<{ waiting: string; unsent: string; published: string }>(`
        SELECT (SELECT count(*) FROM outbox) AS waiting, (SELECT count(*) FROM messages WHERE status IN ('open', 'sending')) AS unsent,
               (SELECT count(*) FROM outbox_published WHERE topic = 'notification-events') AS published`);
        return row?.waiting === "0" && row.unsent === "0" ? Number(row.published) : undefined;
      },
      40_000,
    );
    const planned = platform.plan.subjects.find((item) => item.eventType === "notification.sent");
    const type = avro.Type.forSchema(JSON.parse(planned?.schema ?? "{}") as avro.Schema);
    const seen = new Set<string>();
    const found = [];
    for (const record of await readTopic(platform.kafka, "notification-events", published)) {
      const copy = seen.has(record.headers["event-id"] ?? "");
      seen.add(record.headers["event-id"] ?? "");
      if (!copy && orderIds.includes(record.key))
        found.push({
          ...(type.fromBuffer(unframe(record.value).body) as Record<string, unknown>),
          headers: record.headers,
          key: record.key,
        });
    }
    return Map.groupBy(found, (event) => event.key);
  }
  const life = (orderId: string, customerId: string) => ({ orderId, customerId, placedAt: Date.now() });

  it("tells a customer what became of an order in one message, and says that it did", async () => {
    const orderId = await platform.place([{ productId: "sku-mouse", quantity: 2 }], "cust-one");
    expect((await platform.ended(orderId, { customer: "cust-one" })).status).toBe("confirmed");
    const events = await eventually(
      "the confirmation to be told",
      async () => {
        const found = (await told([orderId])).get(orderId) ?? [];
        return found.some(({ causedBy }) => causedBy === "order.confirmed") ? found : undefined;
      },
      20_000,
    );
    expect(events.flatMap(({ events: steps }) => steps).toSorted()).toEqual([
      "order.confirmed",
      "order.created",
      "payment.processed",
    ]);
    const [delivery] = await delivered("cust-one");
    expect(delivery?.body).toContain(`Order ${orderId}\nWe received your order of 2 pieces for EUR 49.80.`);
    const last = events.at(-1);
    expect(last).toMatchObject({
      orderId,
      customerId: "cust-one",
      channel: preferredChannel("cust-one"),
      causedBy: "order.confirmed",
    });
    const [source] = await platform.sql<{ event_id: string }>(
      "order_service",
      "SELECT event_id FROM outbox_published WHERE event_type = 'order.confirmed' AND key = convert_to($1, 'UTF8')",
      [orderId],
    );
    expect(last?.headers).toMatchObject({ "correlation-id": orderId, "causation-id": source?.event_id });
    // The following events are made up; no other service may answer them.
    await Promise.all([
      platform.services.order.stop(),
      platform.services.payment.stop(),
      platform.services.inventory.stop(),
    ]);
  });

  it("gathers what one customer is told of several orders within a window, and begins a new message after it", async () => {
    const customer = customerOf("email");
    const [one, two] = [uuidV7(), uuidV7()];
    const created = [one, two].map((orderId) =>
      records.record(
        "order.created",
        orderId,
        payloadOf("order.created", life(orderId, customer), "delivered", Date.now()),
      ),
    );
    await produceRaw(platform.kafka, created);
    const [first] = await delivered(customer);
    expect(first?.subject).toBe("News about 2 orders");
    expect(first?.body).toContain(one);
    expect(first?.body).toContain(two);
    await produceRaw(platform.kafka, [
      records.record(
        "order.confirmed",
        one,
        payloadOf("order.confirmed", life(one, customer), "delivered", Date.now()),
      ),
    ]);
    const [, second] = await delivered(customer, 2);
    expect(second).toMatchObject({ subject: "Your order is confirmed" });
    const events = await told([one, two]);
    expect(events.get(one)?.map(({ notificationId, template }) => [notificationId, template])).toEqual([
      [first?.message_id, "order-updates"],
      [second?.message_id, "order-confirmed"],
    ]);
    expect(events.get(two)?.map(({ notificationId }) => notificationId)).toEqual([first?.message_id]);
  });

  it("waits for the event that says whose an order is, whichever comes first", async () => {
    const customer = customerOf("push");
    const orderId = uuidV7();
    const [created, , , , , dispatched, arrived] = orderLife(records, life(orderId, customer), "delivered");
    if (created === undefined || dispatched === undefined || arrived === undefined)
      throw new Error("the order has no such steps");
    await produceRaw(platform.kafka, [arrived, dispatched]);
    await eventually(
      "both to wait",
      async () =>
        (await sql("SELECT 1 FROM notices WHERE order_id = $1 AND message_id IS NULL", [orderId])).length === 2
          ? true
          : undefined,
      10_000,
    );
    expect(await sample(notification.managementPort, "notification_notices_unaddressed")).toBe(2);
    await produceRaw(platform.kafka, [created]);
    const [message] = await delivered(customer);
    expect(message?.body).toMatch(
      /We received your order[\s\S]*is on its way with UPS[\s\S]*delivered your parcel to customer/u,
    );
    expect((await told([orderId])).get(orderId)?.map(({ events }) => events)).toEqual([
      ["order.created", "shipment.dispatched", "shipment.delivered"],
    ]);
  });

  it("tells a step once however often it is reported", async () => {
    const customer = customerOf("sms");
    const orderId = uuidV7();
    const payload = payloadOf("order.created", life(orderId, customer), "delivered", Date.now());
    const record = records.record("order.created", orderId, payload);
    await produceRaw(platform.kafka, [record, record, records.record("order.created", orderId, payload)]);
    await delivered(customer);
    const again = records.record("order.created", orderId, payload);
    await produceRaw(platform.kafka, [record, again]);
    await eventually(
      "the copies to be taken",
      async () =>
        (await sql("SELECT 1 FROM inbox WHERE event_id = $1", [again.headers["event-id"]])).length === 1
          ? true
          : undefined,
      10_000,
    );
    expect((await told([orderId])).get(orderId)?.map(({ events }) => events)).toEqual([["order.created"]]);
    expect(await deliveries(customer)).toHaveLength(1);
  });

  it("sends later through a channel that is down, and only once through one that does not answer", async () => {
    await behave("email", { behaviour: "unavailable" });
    await behave("push", { behaviour: "timeout" });
    // The simulator executes every request to sms, but long after the client's timeout.
    await behave("sms", { behaviour: "accept", latencyMs: ANSWER_MS * 3 });
    const customers = CHANNELS.map(customerOf);
    const orders = customers.map((customer) => ({ orderId: uuidV7(), customer }));
    await produceRaw(
      platform.kafka,
      orders.map(({ orderId, customer }) =>
        records.record(
          "order.created",
          orderId,
          payloadOf("order.created", life(orderId, customer), "delivered", Date.now()),
        ),
      ),
    );
    await eventually(
      "each to be tried twice",
      async () =>
        (await sql("SELECT 1 FROM messages WHERE customer_id = ANY($1) AND attempts >= 2", [customers])).length === 3
          ? true
          : undefined,
      20_000,
    );
    expect(await deliveries(customers[0] ?? "")).toEqual([]);
    expect(await sample(notification.managementPort, "notifications_waiting")).toBe(3);
    expect(await sample(notification.managementPort, "notifications_waiting_oldest_age_seconds")).toBeGreaterThan(0);
    for (const channel of CHANNELS) await behave(channel, { behaviour: "accept" });
    const events = await told(orders.map(({ orderId }) => orderId));
    for (const { orderId, customer } of orders) {
      expect((await deliveries(customer)).map(({ channel, status }) => `${channel} ${status}`)).toEqual([
        `${preferredChannel(customer)} accepted`,
      ]);
      expect(events.get(orderId)).toHaveLength(1);
    }
  });

  it("takes the next channel where one does not reach the customer, and says so where none does", async () => {
    await behave("email", { behaviour: "reject" });
    const [one, none] = [customerOf("email"), customerOf("email")];
    const [first, second] = [uuidV7(), uuidV7()];
    const created = (orderId: string, customer: string) =>
      records.record(
        "order.created",
        orderId,
        payloadOf("order.created", life(orderId, customer), "delivered", Date.now()),
      );
    await produceRaw(platform.kafka, [created(first, one)]);
    await delivered(one);
    expect((await deliveries(one)).map(({ channel, status }) => `${channel} ${status}`)).toEqual([
      "email rejected",
      "push accepted",
    ]);
    expect((await told([first])).get(first)).toMatchObject([{ channel: "push" }]);
    for (const channel of CHANNELS) await behave(channel, { behaviour: "reject" });
    await produceRaw(platform.kafka, [created(second, none)]);
    await eventually(
      "the message to be undeliverable",
      async () =>
        (await sql("SELECT 1 FROM messages WHERE customer_id = $1 AND status = 'undeliverable'", [none])).length === 1
          ? true
          : undefined,
      20_000,
    );
    expect(await sample(notification.managementPort, "notifications_total", { outcome: "undeliverable" })).toBe(1);
    expect((await told([second])).get(second)).toBeUndefined();
  });

  it("lets a record that fails wait in a retry topic while those behind it go on", async () => {
    await sql(`
      CREATE TABLE refused (order_id uuid PRIMARY KEY); GRANT SELECT ON refused TO notification_service;
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT 1 FROM refused WHERE order_id = NEW.order_id) THEN RAISE EXCEPTION 'not today'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON notices FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const customer = customerOf("email");
    const [bad, good] = [uuidV7(), uuidV7()];
    await sql("INSERT INTO refused VALUES ($1)", [bad]);
    const created = [bad, good].map((orderId) =>
      records.record(
        "order.created",
        orderId,
        payloadOf("order.created", life(orderId, customer), "delivered", Date.now()),
      ),
    );
    // The same key, so the same partition.
    await produceRaw(
      platform.kafka,
      created.map((record) => ({ ...record, key: bad })),
    );
    const [message] = await delivered(customer);
    expect(message?.body).toContain(good);
    expect(message?.body).not.toContain(bad);
    expect((await readTopic(platform.kafka, RETRY_TOPIC, 1))[0]?.key).toBe(bad);
    await sql("DELETE FROM refused");
    expect((await delivered(customer, 2))[1]?.body).toContain(bad);
    expect(await sql("SELECT 1 FROM dead_letters")).toEqual([]);
  });

  it("refuses a switch it does not know", async () => {
    expect((await put("pigeon", { behaviour: "accept" })).status).toBe(404);
    expect((await put("sms", { behaviour: "strike" })).status).toBe(422);
    expect((await put("sms", { behaviour: "accept", failureRate: 1.5 })).status).toBe(422);
    const shown = await (await fetch(`http://127.0.0.1:${notification.managementPort}/channels`)).json();
    expect(shown).toMatchObject({
      email: { behaviour: "accept" },
      push: { behaviour: "accept", latencyMs: 0, failureRate: 0 },
    });
  });

  it("loses nothing and sends nothing twice with two instances, failing channels, and an instance killed in the middle", async () => {
    for (const [place, channel] of CHANNELS.entries())
      await behave(channel, { behaviour: "accept", latencyMs: 30, failureRate: 0.3, seed: 40 + place });
    const second = await startServiceProcess("notification-service", platform.environment("notification-service", "1"));
    const customers = Array.from({ length: 12 }, () => `cust-${uuidV7()}`);
    const orders = Array.from({ length: 120 }, (_, place) => ({
      orderId: uuidV7(),
      customerId: customers[place % customers.length] ?? "",
      placedAt: Date.now(),
    }));
    try {
      for (let from = 0; from < orders.length; from += 20) {
        const portion = orders.slice(from, from + 20).map((order) => orderLife(records, order, "delivered"));
        // First the first steps of all orders, then all their second ones: each message mentions several orders.
        await produceRaw(
          platform.kafka,
          (portion[0] ?? []).flatMap((_, step) => portion.flatMap((life_) => life_[step] ?? [])),
        );
        if (from === 60) {
          await eventually(
            "the second instance to work, and messages to be under way",
            async () => {
              const [found] = await sql<{ working: boolean; sending: boolean }>(
                `
              SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'notification-service-1') AS working,
                     EXISTS (SELECT FROM messages WHERE customer_id = ANY($1) AND status = 'sending') AS sending`,
                [customers],
              );
              return found?.working === true && found.sending ? true : undefined;
            },
            20_000,
          );
          second.child.kill("SIGKILL");
          await once(second.child, "exit");
        }
      }
      await eventually(
        "all steps to be told",
        async () => {
          const [row] = await sql<{ count: string }>(
            "SELECT count(*) FROM notices n JOIN messages m USING (message_id) WHERE m.status = 'sent' AND n.order_id = ANY($1)",
            [orders.map(({ orderId }) => orderId)],
          );
          if (row?.count === String(120 * 6)) return true;
          throw new Error(`${row?.count} of 720`);
        },
        90_000,
      );
      const events = await told(orders.map(({ orderId }) => orderId));
      const steps = [
        "order.created",
        "payment.processed",
        "order.confirmed",
        "shipment.created",
        "shipment.dispatched",
        "shipment.delivered",
      ].toSorted();
      for (const { orderId } of orders)
        expect((events.get(orderId) ?? []).flatMap(({ events: told_ }) => told_).toSorted(), orderId).toEqual(steps);
    } finally {
      await endChild(second.child, 12_000);
    }
  });

  it("has sent every message once after all that, through the channel it tells of", async () => {
    const wrong = await sql(`
      SELECT m.message_id, m.status, m.channel, array_agg(d.channel || ' ' || d.status) AS delivered FROM messages m LEFT JOIN channel_deliveries d USING (message_id)
       GROUP BY m.message_id, m.status, m.channel
      HAVING (m.status = 'sent') <> (count(*) FILTER (WHERE d.status = 'accepted' AND d.channel = m.channel) = 1) OR count(*) FILTER (WHERE d.status = 'accepted') > 1`);
    expect(wrong).toEqual([]);
    expect(
      await sql(
        "SELECT message_id FROM messages m WHERE NOT EXISTS (SELECT FROM notices n WHERE n.message_id = m.message_id)",
      ),
    ).toEqual([]);
    expect(await sql("SELECT order_id FROM notices WHERE message_id IS NULL")).toEqual([]);
  });
});
