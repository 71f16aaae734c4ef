import { once } from "node:events";
import { uuidV7 } from "@event-platform-kit/service/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OrderFacts } from "../../../service-templates/analytics-service/src/facts/order-facts.ts";
import { balance, contributions } from "../../../service-templates/analytics-service/src/figures/contributions.ts";
import { startAnalyticsService } from "../../../service-templates/analytics-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import { endChild } from "../servers/child.ts";
import type { Course } from "../servers/order-life.ts";
import { COURSES, orderLife } from "../servers/order-life.ts";
import type { Answer, OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import type { OrderRecords } from "../servers/order-records.ts";
import { orderRecords } from "../servers/order-records.ts";
import { produceRaw } from "../servers/records.ts";
import { startServiceProcess } from "../servers/service-process.ts";

const MINUTE_MS = 60_000;
/** A day without other orders than those that a test makes up. */
const DAY = Date.UTC(2026, 2, 3);

interface ShownSummary {
  readonly orders: Readonly<Record<string, number>>;
  readonly conversion: Readonly<Record<string, number>>;
  readonly revenue: Readonly<
    Record<
      "ordered" | "sold" | "refunded",
      readonly {
        readonly currency: string;
        readonly orders: number;
        readonly pieces: number;
        readonly amount: number;
      }[]
    >
  >;
  readonly cancellations: readonly { readonly reason: string; readonly orders: number; readonly share: number }[];
  readonly latency: Readonly<Record<string, { readonly orders: number; readonly p95Ms: number | null }>>;
  readonly steps: Readonly<Record<string, number>>;
}

describe("analytics", () => {
  let platform: OrderPlatform;
  let records: OrderRecords;
  beforeAll(async () => {
    platform = await startOrderPlatform({}, { "analytics-service": startAnalyticsService });
    records = orderRecords(platform);
  });
  afterAll(() => platform?.stop());

  const sql = <R = Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> =>
    platform.sql<R>("analytics_service", text, values);
  async function ask<T = Record<string, unknown>>(
    path: string,
    query: Readonly<Record<string, string>> = {},
    scope = "analytics:read",
  ): Promise<Answer<T>> {
    const text = new URLSearchParams(query).toString();
    return platform.call<T>("GET", `${path}${text === "" ? "" : `?${text}`}`, {
      token: await platform.token("analyst", { scope }),
    });
  }
  const day = (offset: number): { from: string; to: string } => ({
    from: new Date(DAY + offset * 24 * 60 * MINUTE_MS).toISOString(),
    to: new Date(DAY + (offset + 1) * 24 * 60 * MINUTE_MS).toISOString(),
  });
  /** The orders' events with their ids, in a random order. */
  function shuffled<T>(items: readonly T[]): readonly T[] {
    return items
      .map((item) => ({ item, place: Math.random() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }
  async function reported(orderIds: readonly string[], steps: number): Promise<void> {
    await eventually(
      `${steps} steps of ${orderIds.length} orders`,
      async () => {
        const [row] = await sql<{ count: string }>(
          "SELECT count(*) FROM order_facts, jsonb_object_keys(steps) WHERE order_id = ANY($1)",
          [orderIds],
        );
        if (Number(row?.count) === steps) return true;
        throw new Error(`there are ${row?.count}`);
      },
      40_000,
    );
  }
  /** Differences between the figures and the raw rows. */
  async function differences(): Promise<readonly object[]> {
    const facts = await sql<{ steps: OrderFacts }>("SELECT steps FROM order_facts");
    const expected = balance(facts.flatMap(({ steps }) => contributions(steps)));
    const stored = (
      await sql<Record<string, string>>(`
      SELECT measure, (extract(epoch FROM minute) * 1000)::bigint AS minute, label, currency, count, units, amount FROM minute_figures WHERE measure <> 'message'`)
    )
      .map((row) => ({
        ...row,
        minute: Number(row.minute),
        count: Number(row.count),
        units: Number(row.units),
        amount: Number(row.amount),
      }))
      .filter(({ count, units, amount }) => count !== 0 || units !== 0 || amount !== 0);
    const key = (item: object): string => JSON.stringify(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const [one, other] = [new Set(expected.map(key)), new Set(stored.map(key))];
    return [...expected.filter((item) => !other.has(key(item))), ...stored.filter((item) => !one.has(key(item)))];
  }

  it("counts orders that are placed, confirmed and cancelled", async () => {
    await platform.behave({ behaviour: "approve" });
    const good = await platform.place([{ productId: "sku-mouse", quantity: 2 }]);
    await platform.ended(good);
    await platform.behave({ behaviour: "decline" });
    const bad = await platform.place([{ productId: "sku-keyboard", quantity: 1 }]);
    await platform.ended(bad);
    const summary = await eventually(
      "both to be counted",
      async () => {
        const { body } = await ask<ShownSummary>("/analytics/summary");
        if (body.orders.confirmed === 1 && body.orders.cancelled === 1) return body;
        throw new Error(JSON.stringify(body));
      },
      20_000,
    );
    expect(summary).toMatchObject({
      orders: { created: 2, confirmed: 1, cancelled: 1 },
      conversion: { created: 2, confirmed: 1, cancelled: 1, open: 0, rate: 0.5 },
      revenue: {
        ordered: [{ currency: "EUR", orders: 2, pieces: 3, amount: 138.8 }],
        sold: [{ currency: "EUR", orders: 1, pieces: 2, amount: 49.8 }],
      },
      cancellations: [{ reason: "payment_declined", orders: 1, share: 1 }],
      latency: { confirmed: { orders: 1, p95Ms: expect.any(Number) as number } },
    });
    expect((await ask("/analytics/products")).body).toMatchObject({
      products: [{ productId: "sku-mouse", currency: "EUR", orders: 1, pieces: 2, amount: 49.8 }],
    });
    expect(await differences()).toEqual([]);
    // The following events are made up; no other service may answer them.
    await Promise.all([
      platform.services.order.stop(),
      platform.services.payment.stop(),
      platform.services.inventory.stop(),
    ]);
  });

  it("counts the same when events come in any order, several times, and under new ids", async () => {
    const courses: readonly Course[] = ["delivered", "delivered", "insufficient_stock", "payment_declined"];
    const orders = courses.map((course, place) => ({
      course,
      orderId: uuidV7(),
      customerId: "c",
      placedAt: DAY + place * MINUTE_MS,
      items: [{ productId: `p-${place % 2}`, quantity: place + 1, price: 10 }],
    }));
    const life = orders.flatMap((order) => orderLife(records, order, order.course));
    const again = orders.flatMap((order) => orderLife(records, order, order.course));
    await produceRaw(platform.kafka, shuffled([...life, ...life, ...again]));
    await reported(
      orders.map(({ orderId }) => orderId),
      orders.reduce((sum, { course }) => sum + COURSES[course].length, 0),
    );
    await produceRaw(platform.kafka, shuffled(life));
    const later = orderLife(records, { orderId: uuidV7(), customerId: "c", placedAt: DAY }, "payment_declined").slice(
      0,
      1,
    );
    await produceRaw(platform.kafka, later);
    await reported([later[0]?.key ?? ""], 1);

    expect((await ask<ShownSummary>("/analytics/summary", day(0))).body).toMatchObject({
      orders: { created: 5, confirmed: 2, cancelled: 2 },
      conversion: { created: 5, confirmed: 2, cancelled: 2, open: 1, rate: 0.4 },
      revenue: {
        ordered: [{ currency: "EUR", orders: 5, pieces: 12, amount: 149.8 }],
        sold: [{ currency: "EUR", orders: 2, pieces: 3, amount: 30 }],
        refunded: [{ currency: "EUR", orders: 1, amount: 30 }],
      },
      cancellations: [
        { reason: "insufficient_stock", orders: 1, share: 0.5 },
        { reason: "payment_declined", orders: 1, share: 0.5 },
      ],
      latency: { confirmed: { orders: 2 }, cancelled: { orders: 2 } },
      steps: { "shipment.delivered": 2, "inventory.released": 1, "payment.failed": 1 },
    });
    expect((await ask("/analytics/cancellations", day(0))).body).toMatchObject({
      orders: 2,
      reasons: [{ reason: "insufficient_stock" }, { reason: "payment_declined" }],
    });
    expect((await ask("/analytics/products", day(0))).body).toMatchObject({
      by: "pieces",
      products: [
        { productId: "p-1", pieces: 2, amount: 20 },
        { productId: "p-0", pieces: 1, amount: 10 },
      ],
    });
    expect((await ask("/analytics/products", { ...day(0), currency: "USD" })).body).toMatchObject({ products: [] });
    expect((await ask("/analytics/products", { ...day(0), by: "amount", limit: "1" })).body).toMatchObject({
      products: [{ productId: "p-1" }],
    });
    expect(await differences()).toEqual([]);
  });

  it("shows minutes page by page, those without orders as well", async () => {
    const { from } = day(0);
    const first = (
      await ask<{ minutes: { minute: string; created: number }[]; next?: string }>("/analytics/minutes", {
        from,
        to: new Date(DAY + 5 * MINUTE_MS).toISOString(),
        limit: "3",
      })
    ).body;
    expect(first.minutes.map(({ minute, created }) => [minute, created])).toEqual([
      [from, 2],
      [new Date(DAY + MINUTE_MS).toISOString(), 1],
      [new Date(DAY + 2 * MINUTE_MS).toISOString(), 1],
    ]);
    const second = (
      await ask<{ minutes: { created: number }[]; next?: string }>("/analytics/minutes", {
        from: first.next ?? "",
        to: new Date(DAY + 5 * MINUTE_MS).toISOString(),
        limit: "3",
      })
    ).body;
    expect(second.minutes.map(({ created }) => created)).toEqual([1, 0]);
    expect(second.next).toBeUndefined();
    expect((await ask<{ minutes: unknown[] }>("/analytics/minutes")).body.minutes).toHaveLength(60);
  });

  it("shows nothing without a token, or with one that lacks the scope", async () => {
    for (const path of ["summary", "minutes", "cancellations", "products"]) {
      expect((await platform.call("GET", `/analytics/${path}`)).status).toBe(401);
      const refused = await ask(`/analytics/${path}`, {}, "orders:read analytics:reader");
      expect(refused).toMatchObject({ status: 403, body: { type: "urn:event-platform-kit:problem:forbidden" } });
      expect(refused.headers.get("content-type")).toContain("application/problem+json");
    }
    expect((await ask("/analytics/orders")).status).toBe(404);
  });

  it.each<[string, Record<string, string>]>([
    ["summary", { from: "yesterday" }],
    ["summary", { from: "2026-03-05T00:00:00Z", to: "2026-03-04T00:00:00Z" }],
    ["summary", { from: "2026-01-01T00:00:00Z", to: "2026-03-04T00:00:00Z" }],
    ["summary", { until: "2026-03-04T00:00:00Z" }],
    ["minutes", { limit: "0" }],
    ["minutes", { limit: "1441" }],
    ["minutes", { limit: "many" }],
    ["products", { by: "colour" }],
    ["products", { currency: "euro" }],
    ["products", { limit: "101" }],
    ["cancellations", { to: "2026-02-30T25:00:00Z" }],
  ])("refuses /analytics/%s with %j", async (path, query) => {
    const refused = await ask(`/analytics/${path}`, query);
    expect(refused).toMatchObject({ status: 400, body: { type: "urn:event-platform-kit:problem:malformed-request" } });
    expect(refused.body.errors).not.toEqual([]);
  });

  it("counts every order once with three instances, events in any order, and one instance killed in the middle", async () => {
    const more = await Promise.all(
      ["1", "2"].map((instance) =>
        startServiceProcess("analytics-service", platform.environment("analytics-service", instance)),
      ),
    );
    try {
      const courses: readonly Course[] = ["delivered", "insufficient_stock", "payment_declined"];
      const orders = Array.from({ length: 150 }, (_, place) => ({
        course: courses[place % 3] ?? "delivered",
        orderId: uuidV7(),
        customerId: `c-${place}`,
        placedAt: DAY + 24 * 60 * MINUTE_MS + (place % 7) * MINUTE_MS,
        items: [{ productId: `p-${place % 5}`, quantity: 1 + (place % 3), price: 10 }],
      }));
      for (let from = 0; from < orders.length; from += 30) {
        const life = orders.slice(from, from + 30).flatMap((order) => orderLife(records, order, order.course));
        await produceRaw(platform.kafka, shuffled([...life, ...life.slice(0, 40)]));
        if (from === 60) {
          await eventually(
            "the first orders to be counted",
            async () =>
              (
                await sql("SELECT 1 FROM order_facts WHERE order_id = ANY($1) LIMIT 1", [
                  orders.map(({ orderId }) => orderId),
                ])
              ).length > 0
                ? true
                : undefined,
            20_000,
          );
          more[0]?.child.kill("SIGKILL");
          if (more[0] !== undefined) await once(more[0].child, "exit");
        }
      }
      await reported(
        orders.map(({ orderId }) => orderId),
        orders.reduce((sum, { course }) => sum + COURSES[course].length, 0),
      );
      const pieces = orders
        .filter(({ course }) => course === "delivered")
        .reduce((sum, { items }) => sum + (items[0]?.quantity ?? 0), 0);
      expect((await ask<ShownSummary>("/analytics/summary", day(1))).body).toMatchObject({
        conversion: { created: 150, confirmed: 50, cancelled: 100, open: 0 },
        revenue: { sold: [{ currency: "EUR", orders: 50, pieces, amount: pieces * 10 }] },
        cancellations: [
          { reason: "insufficient_stock", orders: 50 },
          { reason: "payment_declined", orders: 50 },
        ],
      });
      expect(await differences()).toEqual([]);
      expect(await sql("SELECT 1 FROM dead_letters")).toEqual([]);
    } finally {
      await Promise.all(more.map(({ child }) => endChild(child, 12_000)));
    }
  });
});
