import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import { sample } from "../servers/metrics.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";

describe("the saga on real servers", () => {
  let platform: OrderPlatform;
  beforeAll(async () => {
    platform = await startOrderPlatform();
  });
  afterAll(() => platform?.stop());

  it("confirms an order, with money and stock to match", async () => {
    const orderId = await platform.place([
      { productId: "sku-mouse", quantity: 2 },
      { productId: "sku-keyboard", quantity: 1 },
    ]);
    const order = await platform.ended(orderId);
    expect(order.status).toBe("confirmed");
    expect(order.totalAmount).toBe(2 * 24.9 + 89);
    expect(order.steps.map((step) => step.name).toSorted()).toEqual([
      "accepted",
      "inventory.reserved",
      "order.confirmed",
      "payment.processed",
    ]);
    expect(order.steps[0]).toMatchObject({ name: "accepted", elapsedMs: 0 });
    expect(order.steps.at(-1)?.name).toBe("order.confirmed");
    await eventually(
      "the stock to be sold",
      async () => {
        const [stock] = await platform.sql(
          "inventory_service",
          "SELECT available, reserved, sold FROM stock WHERE product_id = 'sku-mouse'",
        );
        return stock?.sold === 2 && stock.reserved === 0 ? true : undefined;
      },
      5_000,
    );
    expect(
      await platform.sql("payment_service", "SELECT kind, amount FROM provider_ledger WHERE order_id = $1", [orderId]),
    ).toEqual([{ kind: "capture", amount: "13880" }]);
  });

  it("measures what it did: every service what it has, and nothing else", async () => {
    const { order, payment, gateway } = platform.services;
    const figure = (
      { managementPort }: typeof order,
      name: string,
      labels: Readonly<Record<string, string>> = {},
    ): Promise<number> => sample(managementPort, name, labels);
    const ofOrder = { topic: "order-events", event: "order.created" };
    expect(await figure(order, "saga_duration_seconds_count", { outcome: "confirmed" })).toBe(1);
    expect(await figure(order, "saga_duration_seconds_sum", { outcome: "confirmed" })).toBeGreaterThan(0);
    expect(await figure(order, "saga_duration_seconds_count", { outcome: "cancelled" })).toBe(0);
    await eventually(
      "both of the order's events to be acknowledged",
      async () =>
        (await figure(order, "producer_records_total", { topic: "order-events", outcome: "acknowledged" })) === 2
          ? true
          : undefined,
      5_000,
    );
    expect(await figure(order, "producer_records_total", { outcome: "failed" })).toBe(0);
    expect(await figure(order, "producer_batch_records_sum")).toBe(2);
    expect(await figure(payment, "event_latency_seconds_count", ofOrder)).toBe(1);
    expect(await figure(payment, "event_latency_seconds_sum", ofOrder)).toBeGreaterThan(0);
    expect(await figure(payment, "handler_duration_seconds_count", { event: "order.created" })).toBe(1);
    expect(await figure(payment, "consumer_rebalances_total")).toBeGreaterThan(0);
    expect(await figure(payment, "consumer_time_lag_seconds")).toBeLessThan(60);
    const text = await (await fetch(`http://127.0.0.1:${gateway.managementPort}/metrics`)).text();
    expect(text).toContain('replica="0"');
    expect(text).not.toMatch(/^(?:consumer|producer|outbox|dlt|saga)_/mu);
  });
});
