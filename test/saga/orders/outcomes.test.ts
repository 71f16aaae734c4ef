import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform, ShownOrder } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";

const names = (order: ShownOrder): readonly string[] => order.steps.map((step) => step.name);

describe("every way a saga can end", () => {
  let platform: OrderPlatform;
  beforeAll(async () => {
    platform = await startOrderPlatform({ SAGA_TIMEOUT_MS: "4000" });
  });
  afterAll(() => platform?.stop());
  beforeEach(() => platform.behave({ behaviour: "approve" }));

  async function stock(product: string): Promise<Record<string, unknown>> {
    const [row] = await platform.sql(
      "inventory_service",
      "SELECT available, reserved, sold, initial FROM stock WHERE product_id = $1",
      [product],
    );
    return row ?? {};
  }
  /** Captured minus refunded, in minor units. */
  async function net(orderId: string): Promise<number> {
    const [row] = await platform.sql<{ net: string | null }>(
      "payment_service",
      "SELECT sum(CASE kind WHEN 'capture' THEN amount WHEN 'refund' THEN -amount ELSE 0 END) AS net FROM provider_ledger WHERE order_id = $1",
      [orderId],
    );
    return Number(row?.net ?? 0);
  }

  it("cancels an order whose payment is declined, and gives the stock back", async () => {
    const before = await stock("sku-webcam");
    await platform.behave({ behaviour: "decline" });
    const orderId = await platform.place([{ productId: "sku-webcam", quantity: 3 }]);
    const order = await platform.ended(orderId);
    expect(order).toMatchObject({ status: "cancelled", reason: "payment_declined" });
    const settled = await eventually(
      "the stock to be released",
      async () => {
        const now = await platform.ended(orderId);
        return names(now).includes("inventory.released") ? now : undefined;
      },
      5_000,
    );
    expect(names(settled)).toContain("payment.failed");
    expect(await stock("sku-webcam")).toEqual(before);
    expect(await net(orderId)).toBe(0);
  });

  it("cancels an order that the stock cannot serve, and refunds it once", async () => {
    const before = await stock("sku-limited");
    const orderId = await platform.place([
      { productId: "sku-laptop", quantity: 1 },
      { productId: "sku-limited", quantity: 4 },
    ]);
    const order = await platform.ended(orderId);
    expect(order).toMatchObject({ status: "cancelled", reason: "insufficient_stock" });
    await eventually(
      "the refund",
      async () => (names(await platform.ended(orderId)).includes("payment.refunded") ? true : undefined),
      5_000,
    );
    expect(await net(orderId)).toBe(0);
    expect(await stock("sku-limited")).toEqual(before);
    // All or nothing: what was there in plenty was not set aside either.
    expect(await stock("sku-laptop")).toMatchObject({ reserved: 0, sold: 0 });
  });

  it("never sells more than there is when many want the last pieces", async () => {
    const orders = await Promise.all(
      Array.from({ length: 12 }, () => platform.place([{ productId: "sku-limited", quantity: 1 }])),
    );
    const ended = await Promise.all(orders.map((orderId) => platform.ended(orderId)));
    expect(ended.filter((order) => order.status === "confirmed")).toHaveLength(3);
    expect(ended.filter((order) => order.reason === "insufficient_stock")).toHaveLength(9);
    await eventually(
      "the last pieces to be sold",
      async () => ((await stock("sku-limited")).sold === 3 ? true : undefined),
      5_000,
    );
    expect(await stock("sku-limited")).toEqual({ available: 0, reserved: 0, sold: 3, initial: 3 });
  });

  it("declines above a threshold only", async () => {
    await platform.behave({ behaviour: "decline_above", threshold: 100 });
    const [cheap, dear] = [
      await platform.place([{ productId: "sku-mouse", quantity: 1 }]),
      await platform.place([{ productId: "sku-monitor", quantity: 1 }]),
    ];
    expect((await platform.ended(cheap)).status).toBe("confirmed");
    expect(await platform.ended(dear)).toMatchObject({ status: "cancelled", reason: "payment_declined" });
  });

  it("takes a provider's error for a failed payment only after making sure that nothing is captured", async () => {
    await platform.behave({ behaviour: "error" });
    const orderId = await platform.place([{ productId: "sku-charger", quantity: 1 }]);
    expect(await platform.ended(orderId)).toMatchObject({ status: "cancelled", reason: "payment_unavailable" });
    expect(
      await platform.sql("payment_service", "SELECT kind FROM provider_ledger WHERE order_id = $1", [orderId]),
    ).toEqual([{ kind: "void" }]);
  });

  it("cancels after the timeout, and undoes what a provider did without answering", async () => {
    const before = await stock("sku-backpack");
    await platform.behave({ behaviour: "timeout" });
    const orderId = await platform.place([{ productId: "sku-backpack", quantity: 1 }]);
    const order = await platform.ended(orderId);
    expect(order).toMatchObject({ status: "cancelled", reason: "timed_out" });
    await eventually(
      "the late answer",
      async () => (names(await platform.ended(orderId)).includes("payment.failed") ? true : undefined),
      15_000,
    );
    expect(await platform.ended(orderId)).toMatchObject({ status: "cancelled", reason: "timed_out" });
    expect(await net(orderId)).toBe(0);
    expect(await stock("sku-backpack")).toEqual(before);
  });

  it("leaves every outbox row published and every event applied once", async () => {
    for (const database of ["order_service", "payment_service", "inventory_service"]) {
      await eventually(
        `${database}'s outbox to be empty`,
        async () => {
          const [row] = await platform.sql<{ waiting: string }>(database, "SELECT count(*) AS waiting FROM outbox");
          return row?.waiting === "0" ? true : undefined;
        },
        5_000,
      );
      expect(await platform.sql(database, "SELECT * FROM dead_letters")).toEqual([]);
    }
    expect(
      await platform.sql(
        "inventory_service",
        "SELECT product_id FROM stock WHERE available + reserved + sold <> initial OR reserved <> 0",
      ),
    ).toEqual([]);
  });
});
