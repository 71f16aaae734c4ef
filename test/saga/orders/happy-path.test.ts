import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
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
});
