import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServerAccess } from "../../../cli/platform/platform-access.ts";
import { collectEvidence } from "../../../cli/verify/collect.ts";
import { judge } from "../../../cli/verify/judge.ts";
import { settle } from "../../../cli/verify/settle.ts";
import { verification } from "../../../service-templates/acceptance/verify/verification.ts";
import { startAnalyticsService } from "../../../service-templates/analytics-service/src/service.ts";
import { startNotificationService } from "../../../service-templates/notification-service/src/service.ts";
import { startShippingService } from "../../../service-templates/shipping-service/src/service.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import { eventually } from "../../platform/condition.ts";
import { endChild } from "../servers/child.ts";
import { sample } from "../servers/metrics.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import { serverAccess } from "../servers/server-access.ts";
import type { ServiceProcess } from "../servers/service-process.ts";
import { startServiceProcess } from "../servers/service-process.ts";

const CONSUMERS = [
  "order-service",
  "payment-service",
  "inventory-service",
  "shipping-service",
  "notification-service",
  "analytics-service",
];
/** Pieces of sku-limited. */
const LIMITED = 3;
/** Of every event topic of the test's Kafka node. */
const EVENT_PARTITIONS = 6;

interface Placed {
  readonly orderId: string;
  readonly customer: string;
}

describe("two instances of every service side by side", () => {
  let platform: OrderPlatform;
  let access: ServerAccess;
  let secondGateway = "";
  const seconds = new Map<string, ServiceProcess>();
  beforeAll(async () => {
    platform = await startOrderPlatform(
      { SHIPPING_DISPATCH_MS: "500", SHIPPING_DELIVERY_MS: "500", NOTIFICATION_WINDOW_MS: "1000" },
      {
        "shipping-service": startShippingService,
        "notification-service": startNotificationService,
        "analytics-service": startAnalyticsService,
      },
    );
    access = serverAccess(platform);
    // The second ones are processes of their own; the second gateway hands on to the second order-service.
    const [orderPort = 0, analyticsPort = 0, gatewayPort = 0] = await freePorts(3);
    const own: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      "order-service": { HTTP_PORT: String(orderPort) },
      "analytics-service": { HTTP_PORT: String(analyticsPort) },
      "api-gateway": {
        HTTP_PORT: String(gatewayPort),
        ORDER_SERVICE_URL: `http://127.0.0.1:${orderPort}`,
        ANALYTICS_SERVICE_URL: `http://127.0.0.1:${analyticsPort}`,
      },
    };
    for (const service of [...CONSUMERS, "api-gateway"]) {
      seconds.set(
        service,
        await startServiceProcess(service, {
          ...platform.environment(service, "1"),
          ...own[service],
          LOG_LEVEL: "info",
        }),
      );
    }
    secondGateway = `http://127.0.0.1:${gatewayPort}`;
  });
  afterAll(async () => {
    await Promise.all([...seconds.values()].map(({ child }) => endChild(child, 12_000)));
    await access?.close();
    await platform?.stop();
  });

  async function placeOrder(
    gateway: string,
    customer: string,
    key: string,
    items: readonly { readonly productId: string; readonly quantity: number }[],
  ): Promise<string> {
    const response = await fetch(`${gateway}/orders`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await platform.token(customer)}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify({ items, currency: "EUR", shippingAddress: "1 Main Street, Berlin" }),
    });
    const body: unknown = await response.json();
    if (response.status !== 202 || typeof body !== "object" || body === null || !("orderId" in body))
      throw new Error(`POST /orders: ${response.status} ${JSON.stringify(body)}`);
    return String(body.orderId);
  }
  const count = async (database: string, text: string, values: readonly unknown[] = []): Promise<number> =>
    Number((await platform.sql<{ count: string }>(database, text, values))[0]?.count);
  const ids = (orders: readonly Placed[]): readonly string[] => orders.map(({ orderId }) => orderId);

  it("share the partitions of every topic they read", async () => {
    for (const service of CONSUMERS) {
      const contract = platform.plan.contracts.find((item) => item.service === service);
      const wanted = [
        ...(contract?.consumes ?? []).flatMap(({ topic }) =>
          Array.from({ length: EVENT_PARTITIONS }, (_, partition) => `${topic}/${partition}`),
        ),
        ...(contract?.retryTopics ?? []).map(({ topic }) => `${topic}/0`),
      ].toSorted();
      await eventually(
        `the instances of ${service} to share its partitions`,
        async () => {
          const members = [
            ...((await access.admin.describeGroups({ groups: [service] })).get(service)?.members.values() ?? []),
          ];
          const held = members.map(({ assignments }) =>
            [...(assignments?.values() ?? [])].flatMap(({ topic, partitions }) =>
              partitions.map((partition) => `${topic}/${partition}`),
            ),
          );
          if (
            held.length === 2 &&
            held.every((own) => own.length > 0) &&
            JSON.stringify(held.flat().toSorted()) === JSON.stringify(wanted)
          )
            return true;
          throw new Error(JSON.stringify(held));
        },
        40_000,
      );
    }
  });

  it("end every order as one, through either gateway, with one effect for each", async () => {
    await platform.behave({ behaviour: "decline_above", threshold: 1_000 });
    const gateways = [platform.gatewayUrl, secondGateway];
    const carts = [
      [{ productId: "sku-mouse", quantity: 2 }],
      [
        { productId: "sku-keyboard", quantity: 1 },
        { productId: "sku-charger", quantity: 1 },
      ],
      [{ productId: "sku-laptop", quantity: 1 }],
      [{ productId: "sku-backpack", quantity: 3 }],
    ];
    const placed: Placed[] = [];
    for (let round = 0; round < 10; round += 1) {
      placed.push(
        ...(await Promise.all(
          Array.from({ length: 8 }, async (_, place) => {
            const customer = `cust-${place % 4}`;
            return {
              customer,
              orderId: await placeOrder(
                gateways[(round + place) % 2] ?? "",
                customer,
                `many-${round}-${place}`,
                carts[place % carts.length] ?? [],
              ),
            };
          }),
        )),
      );
    }
    // The same order by both ways at once, and more orders for the last pieces than there are.
    const twice = await Promise.all(
      gateways.map((gateway) => placeOrder(gateway, "cust-twice", "the-same", carts[0] ?? [])),
    );
    expect(new Set(twice).size).toBe(1);
    const limited = await Promise.all(
      Array.from(
        { length: 2 * LIMITED },
        async (_, place): Promise<Placed> => ({
          customer: "cust-limited",
          orderId: await placeOrder(gateways[place % 2] ?? "", "cust-limited", `limited-${place}`, [
            { productId: "sku-limited", quantity: 1 },
          ]),
        }),
      ),
    );
    const orders = [...placed, { orderId: twice[0] ?? "", customer: "cust-twice" }, ...limited];

    const ends = new Map<string, string>();
    for (const { orderId, customer } of orders) {
      const { status, reason } = await platform.ended(orderId, { customer, limitMs: 40_000 });
      ends.set(orderId, reason ?? status);
    }
    const endsOf = (chosen: readonly Placed[]): readonly (string | undefined)[] =>
      chosen.map(({ orderId }) => ends.get(orderId)).toSorted();
    expect(endsOf(limited)).toEqual([
      ...Array<string>(LIMITED).fill("confirmed"),
      ...Array<string>(LIMITED).fill("insufficient_stock"),
    ]);
    expect(endsOf(placed)).toEqual([
      ...Array<string>(60).fill("confirmed"),
      ...Array<string>(20).fill("payment_declined"),
    ]);

    const confirmed = orders.filter(({ orderId }) => ends.get(orderId) === "confirmed");
    await eventually(
      "every confirmed order to be delivered",
      async () =>
        (await count("shipping_service", "SELECT count(*) FROM shipments WHERE status = 'delivered'")) ===
        confirmed.length
          ? true
          : undefined,
      60_000,
    );
    expect(await count("shipping_service", "SELECT count(*) FROM carrier_bookings WHERE status = 'booked'")).toBe(
      confirmed.length,
    );
    expect(
      await count(
        "payment_service",
        "SELECT count(*) FROM (SELECT order_id FROM provider_ledger WHERE kind = 'capture' GROUP BY order_id HAVING count(*) > 1) AS twice",
      ),
    ).toBe(0);
    expect(
      await count(
        "payment_service",
        "SELECT count(*) FROM provider_ledger WHERE kind = 'capture' AND order_id = ANY($1)",
        [ids(confirmed)],
      ),
    ).toBe(confirmed.length);
    expect(
      await platform.sql(
        "inventory_service",
        "SELECT available, reserved, sold FROM stock WHERE product_id = 'sku-limited'",
      ),
    ).toEqual([{ available: 0, reserved: 0, sold: LIMITED }]);

    await eventually(
      "every delivery to be told",
      async () =>
        (await count(
          "notification_service",
          `
      SELECT count(*) FROM notices n JOIN messages m USING (message_id) WHERE m.status = 'sent' AND n.event_type = 'shipment.delivered'`,
        )) === confirmed.length || undefined,
      40_000,
    );
    expect(
      await count(
        "notification_service",
        "SELECT count(*) FROM (SELECT message_id FROM channel_deliveries WHERE status = 'accepted' GROUP BY message_id HAVING count(*) > 1) AS twice",
      ),
    ).toBe(0);

    const figures = await eventually(
      "all of it to be counted, by either gateway",
      async () => {
        const shown = await Promise.all(
          gateways.map(async (gateway) => {
            const response = await fetch(`${gateway}/analytics/summary`, {
              headers: { authorization: `Bearer ${await platform.token("analyst", { scope: "analytics:read" })}` },
            });
            return response.json() as Promise<{
              conversion: object;
              steps: Record<string, number>;
              cancellations: object[];
            }>;
          }),
        );
        if (shown.every(({ steps }) => steps["shipment.delivered"] === confirmed.length)) return shown[0];
        throw new Error(JSON.stringify(shown));
      },
      40_000,
    );
    expect(figures?.conversion).toMatchObject({
      created: orders.length,
      confirmed: confirmed.length,
      cancelled: orders.length - confirmed.length,
      open: 0,
    });
    expect(figures?.cancellations).toMatchObject([
      { reason: "payment_declined", orders: 20 },
      { reason: "insufficient_stock", orders: LIMITED },
    ]);
  });

  it("have each done a part of the work", async () => {
    for (const [service, { managementPort }] of seconds) {
      if (service === "api-gateway")
        expect(
          await sample(managementPort, "http_request_duration_seconds_count", { route: "/orders" }),
        ).toBeGreaterThan(0);
      else
        expect(await sample(managementPort, "consumer_records_total", { outcome: "applied" }), service).toBeGreaterThan(
          0,
        );
    }
    const { order, payment, inventory } = platform.services;
    for (const [name, { managementPort }] of [...platform.others, ...Object.entries({ order, payment, inventory })]) {
      expect(await sample(managementPort, "consumer_records_total", { outcome: "applied" }), name).toBeGreaterThan(0);
    }
  });

  it("leave every invariant of the saga whole, for all six groups", async () => {
    const { contracts } = platform.plan;
    const settlement = await settle(access, { contracts, unfinished: verification.unfinished, limitMs: 40_000 });
    expect(settlement.open).toEqual([]);
    const { invariants, holds } = judge(
      await collectEvidence(access, { contracts, project: verification, settlement }),
      undefined,
      { own: verification.invariants },
    );
    expect(
      invariants.filter((invariant) => !invariant.holds).map(({ name, problems }) => ({ name, problems })),
    ).toEqual([]);
    expect(holds).toBe(true);
    expect(invariants[6]?.figures).toMatchObject({
      groups: CONSUMERS.length,
      "notification-service": { missing: 0, deadLettered: 0 },
      "analytics-service": { missing: 0, deadLettered: 0 },
    });
  });
});
