import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureRate } from "../../../service-templates/acceptance/bench/saga/measure-rate.ts";
import { openRunDatabases } from "../../../service-templates/acceptance/load/order-records.ts";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";

const LIMIT_MS = 60_000;

describe("the benchmark of the saga", () => {
  let platform: OrderPlatform;
  // No order is to time out on a slow machine.
  beforeAll(async () => {
    platform = await startOrderPlatform({ SAGA_TIMEOUT_MS: "300000" });
  });
  afterAll(() => platform?.stop());

  it("goes on when PostgreSQL restarts, repeats what is unknown under its key, and counts it apart", async () => {
    const signal = new AbortController().signal;
    const connections: { end(): Promise<void> }[] = [];
    const databases = await openRunDatabases(
      {
        database: async (service) => {
          const client = await platform.postgres.connect(service.replaceAll("-", "_"));
          client.on("error", () => undefined);
          connections.push(client);
          return client;
        },
      },
      signal,
    );
    const token = await platform.token("cust-restart");
    const order = async (): Promise<number> =>
      (
        await platform.call("POST", "/orders", {
          token,
          headers: { "idempotency-key": "restart" },
          body: { items: [{ productId: "sku-mouse", quantity: 1 }], currency: "USD", shippingAddress: "1 Main Street" },
        })
      ).status;
    try {
      let told = "";
      const measuring = measureRate(
        {
          target: {
            url: new URL("/orders", platform.gatewayUrl).href,
            idField: "orderId",
            tokenFor: (customer) => platform.token(customer),
          },
          databases,
          processes: [],
        },
        { ratePerSecond: 10, durationMs: 8_000, warmupMs: 1_000, arrivals: "constant", seed: "restart" },
        signal,
        (detail) => {
          told = detail;
        },
      );
      measuring.catch(() => undefined);
      await eventually(
        "the load to be under way",
        () => (/ [1-9]\d* accepted/u.test(told) ? true : undefined),
        LIMIT_MS,
      );
      await platform.postgres.kill();
      await eventually("orders to be refused", async () => ((await order()) >= 500 ? true : undefined), LIMIT_MS);
      await eventually(
        "the benchmark to miss the database",
        () => (databases.orders.interruptions().times > 0 ? true : undefined),
        LIMIT_MS,
      );
      await platform.postgres.start();
      const { result } = await measuring;
      expect(result.databaseInterruptions.times).toBeGreaterThan(0);
      expect(result.orders).toMatchObject({ due: 80, accepted: 80, unknown: 0, confirmed: 80, unfinished: 0 });
      expect(result.orders.repeated.orders).toBeGreaterThan(0);
      expect(result.orders.repeated.accepted).toBe(result.orders.repeated.orders);
      expect(result.orders.repeated.requests).toBeGreaterThanOrEqual(result.orders.repeated.orders);
    } finally {
      await Promise.allSettled(connections.map((client) => client.end()));
    }
  });
});
