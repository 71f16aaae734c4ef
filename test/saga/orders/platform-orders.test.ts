import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import { queryAs } from "../../platform/databases.ts";
import type { Customer } from "../../platform/gateway.ts";
import { customer, withPayments } from "../../platform/gateway.ts";
import { testPlatform } from "../../platform/test-platform.ts";

const ADDRESS = "1 Market Street, San Francisco";

describe("orders on the whole platform", () => {
  const platform = testPlatform();
  let alice: Customer;
  let bob: Customer;
  beforeAll(async () => {
    [alice, bob] = await Promise.all([
      customer(platform, `alice-${randomUUID()}`),
      customer(platform, `bob-${randomUUID()}`),
    ]);
  });

  const cart = (productId = "sku-keyboard", quantity = 2) => ({
    items: [{ productId, quantity }],
    currency: "USD",
    shippingAddress: ADDRESS,
  });
  const stockOf = async (
    productId: string,
  ): Promise<{ initial: number; available: number; reserved: number; sold: number }> => {
    const [row] = await queryAs<{ initial: number; available: number; reserved: number; sold: number }>(
      platform,
      "inventory-service",
      "SELECT initial, available, reserved, sold FROM stock WHERE product_id = $1",
      [productId],
    );
    if (row === undefined) throw new Error(`${productId} has no stock`);
    return row;
  };
  const stepsOf = (order: Readonly<Record<string, unknown>>): string[] =>
    (order.steps as { name: string }[]).map((step) => step.name);

  it("answers 202 at once and confirms: paid once, sold once", async () => {
    const before = await stockOf("sku-keyboard");
    const accepted = await alice.order(cart());
    expect(accepted.status).toBe(202);
    expect(accepted.body).toMatchObject({ status: "pending", links: { self: expect.stringContaining("/orders/") } });

    const order = await alice.settled(String(accepted.body.orderId));

    expect(order.status).toBe("confirmed");
    expect(stepsOf(order)).toEqual(
      expect.arrayContaining(["accepted", "payment.processed", "inventory.reserved", "order.confirmed"]),
    );
    const payments = await queryAs(platform, "payment-service", "SELECT status FROM payments WHERE order_id = $1", [
      order.orderId,
    ]);
    expect(payments).toEqual([{ status: "processed" }]);
    const after = await eventually(
      "the reserved units to be sold",
      async () => {
        const stock = await stockOf("sku-keyboard");
        return stock.sold === before.sold + 2 ? stock : undefined;
      },
      15_000,
    );
    expect(after).toEqual({ ...before, available: before.available - 2, sold: before.sold + 2 });
  });

  it("cancels when the payment is declined, and gives the stock back", async () => {
    const before = await stockOf("sku-mouse");
    const order = await withPayments(platform, { behaviour: "decline" }, async () => {
      const accepted = await alice.order(cart("sku-mouse", 3));
      return alice.settled(String(accepted.body.orderId));
    });
    expect(order).toMatchObject({ status: "cancelled", reason: "payment_declined" });
    await eventually(
      "the stock to be as before",
      async () => {
        const stock = await stockOf("sku-mouse");
        return stock.available === before.available && stock.reserved === before.reserved ? stock : undefined;
      },
      15_000,
    );
  });

  it("cancels when there is not enough, and gives the money back", async () => {
    const accepted = await alice.order(cart("sku-limited", 90));
    const order = await alice.settled(String(accepted.body.orderId));
    expect(order).toMatchObject({ status: "cancelled", reason: "insufficient_stock" });
    await eventually(
      "the payment to be refunded or never taken",
      async () => {
        const [payment] = await queryAs<{ status: string }>(
          platform,
          "payment-service",
          "SELECT status FROM payments WHERE order_id = $1",
          [order.orderId],
        );
        return payment !== undefined && ["refunded", "cancelled", "failed"].includes(payment.status)
          ? payment
          : undefined;
      },
      15_000,
    );
    expect((await stockOf("sku-limited")).reserved).toBe(0);
  });

  it("gives the same order for the same Idempotency-Key, also when both come at once, and refuses another body under it", async () => {
    const key = randomUUID();
    const [first, second] = await Promise.all([alice.order(cart(), key), alice.order(cart(), key)]);
    const answers = [first, second].filter((answer) => answer.status === 202);
    expect(answers.length).toBeGreaterThan(0);
    for (const answer of [first, second]) expect([202, 409]).toContain(answer.status);
    const repeated = await alice.order(cart(), key);
    expect(repeated.status).toBe(202);
    expect(new Set([...answers, repeated].map((answer) => answer.body.orderId)).size).toBe(1);

    const other = await alice.order(cart("sku-mouse"), key);
    expect(other.status).toBe(422);
    expect(other.type).toContain("application/problem+json");
    // Another customer may use the same key.
    expect((await bob.order(cart(), key)).body.orderId).not.toBe(repeated.body.orderId);
  });

  it("shows an order to its owner alone", async () => {
    const { body } = await alice.order(cart());
    const foreign = await bob.request("GET", `/orders/${String(body.orderId)}`);
    expect(foreign.status).toBe(404);
    const listed = await bob.request("GET", "/orders?limit=100");
    expect(JSON.stringify(listed.body)).not.toContain(String(body.orderId));
    const own = await alice.request("GET", "/orders?limit=100");
    expect(JSON.stringify(own.body)).toContain(String(body.orderId));
  });

  it.each<[string, Record<string, string>]>([
    ["no token", { authorization: "" }],
    ["a broken token", { authorization: "Bearer not.a.token" }],
    [
      "an unsigned token",
      {
        authorization: `Bearer ${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"sub":"x"}').toString("base64url")}.`,
      },
    ],
  ])("refuses %s with 401", async (_, headers) => {
    const answer = await alice.request("POST", "/orders", {
      body: cart(),
      headers: { "idempotency-key": randomUUID(), ...headers },
    });
    expect(answer.status).toBe(401);
    expect(answer.type).toContain("application/problem+json");
  });

  const many = Array.from({ length: 10_000 }, (_, index) => ({ productId: `sku-${index}`, quantity: 1 }));
  it.each<[string, unknown, number[]]>([
    ["JSON that does not parse", "{", [400]],
    ["an unknown product", cart("sku-unknown"), [422]],
    ["no units", cart("sku-mouse", 0), [400, 422]],
    ["negative units", cart("sku-mouse", -1), [400, 422]],
    ["absurdly many units", cart("sku-mouse", 1e9), [400, 422]],
    ["half a unit", cart("sku-mouse", 0.5), [400, 422]],
    ["an unknown currency", { ...cart(), currency: "XYZ" }, [400, 422]],
    ["a total that does not match", { ...cart(), totalAmount: 0.01 }, [400, 422]],
    ["no items", { ...cart(), items: [] }, [400, 422]],
    ["10,000 items", { ...cart(), items: many }, [400, 413, 422]],
    ["an address of 1 MB", { ...cart(), shippingAddress: "x".repeat(1_000_000) }, [413]],
    ["an unknown field", { ...cart(), price: 1 }, [400, 422]],
  ])("refuses %s as a problem, and stores nothing", async (_, body, expected) => {
    const carol = await customer(platform, `carol-${randomUUID()}`);
    const answer = await carol.order(body);
    expect(expected).toContain(answer.status);
    expect(answer.type).toContain("application/problem+json");
    const listed = await carol.request("GET", "/orders?limit=10");
    expect(listed.body.orders ?? listed.body.items).toEqual([]);
  });

  it("keeps unicode as it came", async () => {
    const shippingAddress = "〒100-0001 東京都千代田区 🏯 \u0301e";
    const accepted = await alice.order({ ...cart(), shippingAddress });
    expect(accepted.status).toBe(202);
    const order = await alice.settled(String(accepted.body.orderId));
    expect(order.status).toBe("confirmed");
    const [row] = await queryAs<{ address: string }>(
      platform,
      "order-service",
      "SELECT shipping_address::text AS address FROM orders WHERE order_id = $1",
      [order.orderId],
    );
    expect(row?.address).toContain("東京都千代田区");
  });

  it("keeps each service out of the others' databases", async () => {
    const { connectAs } = await import("../../platform/databases.ts");
    await expect(connectAs(platform, "payment-service", "order_service")).rejects.toThrow(
      /permission denied for database/,
    );
    await expect(queryAs(platform, "payment-service", "CREATE TABLE t (x int)")).rejects.toThrow(/permission denied/);
    await expect(queryAs(platform, "payment-service", "DROP TABLE payments")).rejects.toThrow(/must be owner/);
  });
});
