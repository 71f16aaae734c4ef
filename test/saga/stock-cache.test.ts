import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../platform/condition.ts";
import type { OrderPlatform } from "./servers/order-platform.ts";
import { startOrderPlatform } from "./servers/order-platform.ts";
import type { TestRedis } from "./servers/redis.ts";
import { startRedis } from "./servers/redis.ts";

describe("stock with Redis in front", () => {
  let redis: TestRedis;
  let platform: OrderPlatform;
  beforeAll(async () => {
    redis = await startRedis("inventory-service", "inventory:*", "test-only");
    platform = await startOrderPlatform({ REDIS_PORT: String(redis.port), REDIS_USERNAME: "inventory-service" });
  });
  afterAll(async () => {
    await platform?.stop();
    await redis?.stop();
  });

  async function shown(product: string): Promise<Record<string, unknown>> {
    const response = await fetch(`http://127.0.0.1:${platform.services.inventory.httpPort ?? 0}/stock/${product}`);
    return (await response.json()) as Record<string, unknown>;
  }
  const cachedAvailable = async (product: string): Promise<unknown> => (await shown(product))["available"];

  it("answers from the cache, and writes through after each commit", async () => {
    expect(await shown("sku-mouse")).toMatchObject({ productId: "sku-mouse", available: 10_000 });
    await platform.sql("inventory_service", "UPDATE stock SET initial = initial + 5, available = available + 5 WHERE product_id = 'sku-mouse'");
    expect(await cachedAvailable("sku-mouse"), "the cache does not know of changes past the service").toBe(10_000);
    await platform.ended(await platform.place([{ productId: "sku-mouse", quantity: 2 }]));
    await eventually("the cache to hold the committed stock", async () => (await cachedAvailable("sku-mouse") === 10_003 ? true : undefined), 5_000);
    const missing = await fetch(`http://127.0.0.1:${platform.services.inventory.httpPort ?? 0}/stock/sku-unknown`);
    expect(missing.status).toBe(404);
  });

  it("never believes the cache about what can be sold", async () => {
    for (let place = 0; place < 3; place += 1) await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]));
    await eventually("the cache to say sold out", async () => (await cachedAvailable("sku-limited") === 0 ? true : undefined), 5_000);
    expect(await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]))).toMatchObject({ status: "cancelled", reason: "insufficient_stock" });
    // New pieces arrive; Redis still says sold out.
    await platform.sql("inventory_service", "UPDATE stock SET initial = initial + 1, available = available + 1 WHERE product_id = 'sku-limited'");
    expect(await cachedAvailable("sku-limited")).toBe(0);
    expect((await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]))).status).toBe("confirmed");
  });

  it("goes on without Redis, and with it again", async () => {
    await redis.kill();
    expect((await platform.ended(await platform.place([{ productId: "sku-mouse", quantity: 1 }]))).status).toBe("confirmed");
    expect(await cachedAvailable("sku-mouse")).toBeTypeOf("number");
    await redis.start();
    await eventually("the cache to be filled again", async () => {
      await cachedAvailable("sku-keyboard");
      await platform.sql("inventory_service", "UPDATE stock SET initial = initial + 1, available = available + 1 WHERE product_id = 'sku-keyboard'");
      const [row] = await platform.sql<{ available: number }>("inventory_service", "SELECT available FROM stock WHERE product_id = 'sku-keyboard'");
      return await cachedAvailable("sku-keyboard") !== row?.available ? true : undefined;
    }, 10_000);
  });
});
