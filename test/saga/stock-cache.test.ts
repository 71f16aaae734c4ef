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
    redis = await startRedis("inventory-service", "inventory:*");
    platform = await startOrderPlatform(redis.environment);
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

  async function inTable(product: string): Promise<number> {
    const [row] = await platform.sql<{ available: number }>("inventory_service", "SELECT available FROM stock WHERE product_id = $1", [product]);
    return row?.available ?? Number.NaN;
  }
  /** Changes the table past the service: true when the service still shows what it was before, so the answer is the cache's. */
  async function isBehind(product: string): Promise<true | undefined> {
    await shown(product);
    await platform.sql("inventory_service", "UPDATE stock SET initial = initial + 1, available = available + 1 WHERE product_id = $1", [product]);
    const [said, is] = [await cachedAvailable(product), await inTable(product)];
    return typeof said === "number" && said < is ? true : undefined;
  }

  it("answers from the cache, and writes through after each commit", async () => {
    expect(await shown("sku-mouse")).toMatchObject({ productId: "sku-mouse", available: 10_000 });
    await eventually("the cache to answer, which does not know of changes past the service", () => isBehind("sku-mouse"), 10_000);
    await platform.ended(await platform.place([{ productId: "sku-mouse", quantity: 2 }]));
    const available = await inTable("sku-mouse");
    await eventually("the cache to hold the committed stock", async () => (await cachedAvailable("sku-mouse") === available ? true : undefined), 5_000);
    const missing = await fetch(`http://127.0.0.1:${platform.services.inventory.httpPort ?? 0}/stock/sku-unknown`);
    expect(missing.status).toBe(404);
  });

  it("never believes the cache about what can be sold", async () => {
    for (let place = 0; place < 3; place += 1) await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]));
    await eventually("the cache to say sold out", async () => (await cachedAvailable("sku-limited") === 0 ? true : undefined), 5_000);
    expect(await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]))).toMatchObject({ status: "cancelled", reason: "insufficient_stock" });
    // New pieces arrive; Redis still says sold out.
    await platform.sql("inventory_service", "UPDATE stock SET initial = initial + 1, available = available + 1 WHERE product_id = 'sku-limited'");
    await eventually("the cache to say so", async () => (await cachedAvailable("sku-limited") === 0 ? true : undefined), 5_000);
    expect((await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]))).status).toBe("confirmed");
  });

  it("goes on without Redis, and with it again", async () => {
    await redis.kill();
    expect((await platform.ended(await platform.place([{ productId: "sku-mouse", quantity: 1 }]))).status).toBe("confirmed");
    expect(await cachedAvailable("sku-mouse")).toBeTypeOf("number");
    await redis.start();
    await eventually("the cache to be filled again", () => isBehind("sku-keyboard"), 10_000);
  });
});
