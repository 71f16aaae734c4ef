import type { RunningService } from "@event-platform-kit/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAnalyticsService } from "../../../service-templates/analytics-service/src/service.ts";
import { startNotificationService } from "../../../service-templates/notification-service/src/service.ts";
import { CARRIERS } from "../../../service-templates/shipping-service/src/carriers/carrier.ts";
import { startShippingService } from "../../../service-templates/shipping-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform, ShownOrder } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";

const names = (order: ShownOrder): readonly string[] => order.steps.map((step) => step.name);

describe("an order that no carrier takes", () => {
  let platform: OrderPlatform;
  let shipping: RunningService;
  beforeAll(async () => {
    platform = await startOrderPlatform(
      { NOTIFICATION_WINDOW_MS: "300" },
      {
        "shipping-service": startShippingService,
        "notification-service": startNotificationService,
        "analytics-service": startAnalyticsService,
      },
    );
    const started = platform.others.get("shipping-service");
    if (started === undefined) throw new Error("shipping-service was not started");
    shipping = started;
  });
  afterAll(() => platform?.stop());

  async function behave(behaviour: string): Promise<void> {
    for (const carrier of CARRIERS) {
      const response = await fetch(`http://127.0.0.1:${shipping.managementPort}/carriers/${carrier}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ behaviour }),
      });
      if (!response.ok) throw new Error(`PUT /carriers/${carrier}: ${response.status} ${await response.text()}`);
    }
  }
  async function undone(orderId: string): Promise<ShownOrder> {
    return eventually(
      `order ${orderId} to be undone`,
      async () => {
        const order = await platform.ended(orderId);
        if (names(order).includes("payment.refunded") && names(order).includes("inventory.released")) return order;
        throw new Error(`its steps are ${names(order).join(", ")}`);
      },
      30_000,
    );
  }

  it("is cancelled after it was confirmed: refunded, its sold stock back, the customer told, and counted", async () => {
    const stock = async (): Promise<unknown> =>
      (
        await platform.sql(
          "inventory_service",
          "SELECT available, reserved, sold, initial FROM stock WHERE product_id = 'sku-webcam'",
        )
      )[0];
    const before = await stock();
    await behave("reject");
    const orderId = await platform.place([{ productId: "sku-webcam", quantity: 2 }]);
    const order = await undone(orderId);
    expect(order).toMatchObject({ status: "cancelled", reason: "undeliverable" });
    expect(names(order).filter((name) => !name.startsWith("payment") && !name.startsWith("inventory"))).toEqual([
      "accepted",
      "order.confirmed",
      "shipment.failed",
      "order.cancelled",
    ]);
    expect(await stock()).toEqual(before);
    expect(
      await platform.sql("payment_service", "SELECT kind FROM provider_ledger WHERE order_id = $1 ORDER BY kind", [
        orderId,
      ]),
    ).toEqual([{ kind: "capture" }, { kind: "refund" }]);
    expect(
      await platform.sql("shipping_service", "SELECT status FROM shipments WHERE order_id = $1", [orderId]),
    ).toEqual([{ status: "undeliverable" }]);

    const told = await eventually(
      "the customer to be told",
      async () => {
        const rows = await platform.sql<{ body: string }>(
          "notification_service",
          "SELECT body FROM channel_deliveries WHERE body LIKE $1",
          [`%${orderId}%`],
        );
        const text = rows.map(({ body }) => body).join("\n");
        return /None of our carriers delivers/u.test(text) &&
          /cancelled: it cannot be delivered to your address/u.test(text) &&
          /gave back/u.test(text)
          ? text
          : undefined;
      },
      30_000,
    );
    expect(told.match(/Your order was cancelled/gu)).toHaveLength(1);

    await eventually(
      "the figures to show it",
      async () => {
        const rows = await platform.sql<{ measure: string; label: string; count: string }>(
          "analytics_service",
          "SELECT measure, label, sum(count) AS count FROM minute_figures WHERE measure IN ('outcome', 'cancelled') OR label = 'shipment.failed' GROUP BY 1, 2 ORDER BY 1, 2",
        );
        const shown = rows
          .filter(({ count }) => count !== "0")
          .map(({ measure, label, count }) => `${measure} ${label} ${count}`);
        return shown.join() === "cancelled undeliverable 1,outcome cancelled 1,step shipment.failed 1"
          ? true
          : undefined;
      },
      30_000,
    );
  });

  it("leaves other orders alone, and no dead-letter records", async () => {
    await behave("accept");
    const orderId = await platform.place([{ productId: "sku-webcam", quantity: 1 }]);
    await eventually(
      "the carrier to take the shipment",
      async () =>
        (
          await platform.sql("shipping_service", "SELECT FROM shipments WHERE order_id = $1 AND status <> 'waiting'", [
            orderId,
          ])
        )[0],
      15_000,
    );
    await behave("reject");
    const second = await platform.place([{ productId: "sku-webcam", quantity: 1 }]);
    await undone(second);
    expect((await platform.ended(orderId)).status).toBe("confirmed");
    for (const database of ["order_service", "payment_service", "inventory_service", "shipping_service"])
      expect(await platform.sql(database, "SELECT * FROM dead_letters")).toEqual([]);
  });
});
