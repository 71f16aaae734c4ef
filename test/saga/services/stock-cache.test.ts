import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import type { TestRedis } from "../servers/redis.ts";
import { startRedis } from "../servers/redis.ts";

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
  const cachedAvailable = async (product: string): Promise<unknown> => (await shown(product)).available;

  async function inTable(product: string): Promise<number> {
    const [row] = await platform.sql<{ available: number }>(
      "inventory_service",
      "SELECT available FROM stock WHERE product_id = $1",
      [product],
    );
    return row?.available ?? Number.NaN;
  }
  /** Changes the table past the service: true when the service still shows what it was before, so the answer is the cache's. */
  async function isBehind(product: string): Promise<true | undefined> {
    await shown(product);
    await platform.sql(
      "inventory_service",
      "UPDATE stock SET initial = initial + 1, available = available + 1 WHERE product_id = $1",
      [product],
    );
    const [said, is] = [await cachedAvailable(product), await inTable(product)];
    return typeof said === "number" && said < is ? true : undefined;
  }

  it("answers from the cache, and writes through after each commit", async () => {
    expect(await shown("sku-mouse")).toMatchObject({ productId: "sku-mouse", available: 10_000 });
    await eventually(
      "the cache to answer, which does not know of changes past the service",
      () => isBehind("sku-mouse"),
      10_000,
    );
    await platform.ended(await platform.place([{ productId: "sku-mouse", quantity: 2 }]));
    const available = await inTable("sku-mouse");
    await eventually(
      "the cache to hold the committed stock",
      async () => ((await cachedAvailable("sku-mouse")) === available ? true : undefined),
      5_000,
    );
    const missing = await fetch(`http://127.0.0.1:${platform.services.inventory.httpPort ?? 0}/stock/sku-unknown`);
    expect(missing.status).toBe(404);
  });

  it("never believes the cache about what can be sold", async () => {
    for (let place = 0; place < 3; place += 1)
      await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]));
    await eventually(
      "the cache to say sold out",
      async () => ((await cachedAvailable("sku-limited")) === 0 ? true : undefined),
      5_000,
    );
    expect(await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]))).toMatchObject({
      status: "cancelled",
      reason: "insufficient_stock",
    });
    // New pieces arrive; Redis still says sold out.
    await platform.sql(
      "inventory_service",
      "UPDATE stock SET initial = initial + 1, available = available + 1 WHERE product_id = 'sku-limited'",
    );
    await eventually(
      "the cache to say so",
      async () => ((await cachedAvailable("sku-limited")) === 0 ? true : undefined),
      5_000,
    );
    expect((await platform.ended(await platform.place([{ productId: "sku-limited", quantity: 1 }]))).status).toBe(
      "confirmed",
    );
  });

  it.each<readonly [string, (client: Redis, key: string) => Promise<unknown>]>([
    ["text that is not JSON", (client, key) => client.set(key, '{"productId":')],
    ["JSON of another shape", (client, key) => client.set(key, "[1, 2]")],
    ["null", (client, key) => client.set(key, "null")],
    [
      "wrong types",
      (client, key) =>
        client.set(
          key,
          JSON.stringify({ productId: "sku-keyboard", initial: "10", available: "0", reserved: [], sold: null }),
        ),
    ],
    [
      "the stock of another product",
      (client, key) =>
        client.set(key, JSON.stringify({ productId: "sku-mouse", initial: 1, available: 0, reserved: 1, sold: 0 })),
    ],
    [
      "sums that do not add up",
      (client, key) =>
        client.set(key, JSON.stringify({ productId: "sku-keyboard", initial: 1, available: 9, reserved: 9, sold: 9 })),
    ],
    [
      "a fraction below zero",
      (client, key) =>
        client.set(
          key,
          JSON.stringify({ productId: "sku-keyboard", initial: -0.5, available: -0.5, reserved: 0, sold: 0 }),
        ),
    ],
    ["bytes that are no text", (client, key) => client.set(key, Buffer.from([0xff, 0xfe, 0x00, 0x80]))],
    ["a value of 20 MB", (client, key) => client.set(key, "x".repeat(20_000_000))],
    ["a hash", (client, key) => client.hset(key, "available", "0")],
    ["a list", (client, key) => client.rpush(key, "0")],
    ["a stream", (client, key) => client.xadd(key, "*", "available", "0")],
  ])("sells and shows what the database holds while Redis holds %s", async (_what, spoil) => {
    const { host, port, username, password, ca } = redis.login;
    const client = new Redis({
      host,
      port,
      username,
      password,
      ...(ca === undefined ? {} : { tls: { ca } }),
      lazyConnect: true,
      enableReadyCheck: false,
    });
    try {
      await client.connect();
      await client.del("inventory:stock:sku-keyboard");
      await spoil(client, "inventory:stock:sku-keyboard");
      const before = await inTable("sku-keyboard");
      expect(await shown("sku-keyboard")).toMatchObject({ productId: "sku-keyboard", available: before });
      await client.del("inventory:stock:sku-keyboard");
      await spoil(client, "inventory:stock:sku-keyboard");
      expect((await platform.ended(await platform.place([{ productId: "sku-keyboard", quantity: 1 }]))).status).toBe(
        "confirmed",
      );
      expect(await inTable("sku-keyboard")).toBe(before - 1);
      expect(await platform.sql("inventory_service", "SELECT error_message FROM dead_letters")).toEqual([]);
      await eventually(
        "the value to be written over",
        async () =>
          (await client.type("inventory:stock:sku-keyboard")) === "string" &&
          (await client.strlen("inventory:stock:sku-keyboard")) < 1_000
            ? true
            : undefined,
        10_000,
      );
    } finally {
      client.disconnect();
    }
  });

  it("goes on without Redis, and with it again", async () => {
    await redis.kill();
    expect((await platform.ended(await platform.place([{ productId: "sku-mouse", quantity: 1 }]))).status).toBe(
      "confirmed",
    );
    expect(await cachedAvailable("sku-mouse")).toBeTypeOf("number");
    await redis.start();
    await eventually("the cache to be filled again", () => isBehind("sku-keyboard"), 10_000);
  });
});
