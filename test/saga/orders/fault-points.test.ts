import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import { endChild } from "../servers/child.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import { readTopic } from "../servers/records.ts";
import type { ServiceProcess } from "../servers/service-process.ts";
import { startServiceProcess } from "../servers/service-process.ts";

const MOST_ORDERS = 400;

describe("a service killed at the worst moment", () => {
  let platform: OrderPlatform;
  let payment: ServiceProcess;
  /** Orders of all tests so far, one unit each. */
  let placed = 0;
  beforeAll(async () => {
    // No order may time out while the machine is busy starting a process.
    platform = await startOrderPlatform({ SAGA_TIMEOUT_MS: "150000" });
    await platform.services.payment.stop();
    payment = await start();
  });
  afterAll(async () => {
    if (payment !== undefined) await endChild(payment.child, 12_000);
    await platform?.stop();
  });

  const start = (): Promise<ServiceProcess> =>
    startServiceProcess("payment-service", { ...platform.environment("payment-service", "0"), FAULT_INJECTION: "on" });
  const faults = (method: string, body?: unknown): Promise<Response> =>
    fetch(`http://127.0.0.1:${payment.managementPort}/faults`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });

  it("can only be armed with what exists, and only where it is switched on", async () => {
    expect((await faults("PUT", { point: "before-lunch", after: 1 })).status).toBe(422);
    expect((await faults("PUT", { point: "before-commit", after: 0 })).status).toBe(422);
    expect(await (await faults("GET")).json()).toEqual({
      points: ["before-commit", "after-commit", "after-publish"],
      armed: null,
    });
    expect((await fetch(`http://127.0.0.1:${platform.services.order.managementPort}/faults`)).status).toBe(404);
  });

  it("has a clock that can be told to be wrong, only where faults are switched on", async () => {
    const clock = (method: string, body?: unknown): Promise<Response> =>
      fetch(`http://127.0.0.1:${payment.managementPort}/faults/clock`, {
        method,
        ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
    expect((await clock("PUT", { offsetMs: "soon" })).status).toBe(422);
    const hourAhead = (await (await clock("PUT", { offsetMs: 3_600_000 })).json()) as { offsetMs: number; now: number };
    expect(hourAhead.offsetMs).toBe(3_600_000);
    expect(hourAhead.now).toBeGreaterThan(Date.now() + 3_000_000);
    expect(await (await clock("PUT", { offsetMs: 0 })).json()).toMatchObject({ offsetMs: 0 });
    expect((await fetch(`http://127.0.0.1:${platform.services.order.managementPort}/faults/clock`)).status).toBe(404);
  });

  it.each(["before-commit", "after-commit", "after-publish"] as const)(
    "loses and doubles nothing %s",
    async (point) => {
      expect(await (await faults("PUT", { point, after: 3 })).json()).toMatchObject({ armed: { point, after: 3 } });
      const died = once(payment.child, "exit") as Promise<[number | null, string | null]>;
      const orders: string[] = [];
      let dead = false;
      void died.then(() => {
        dead = true;
      });
      // The more orders share a batch, the more of them it takes until the fault bites.
      const placing = (async () => {
        for (let after = 0; after < 10 && orders.length < MOST_ORDERS; after += dead ? 1 : 0)
          orders.push(await platform.place([{ productId: "sku-headphones", quantity: 1 }]));
      })();
      const [, signal] = await died;
      expect(signal, "the fault bit").toBe("SIGKILL");
      payment = await start();
      await placing;
      for (const orderId of orders)
        expect((await platform.ended(orderId, { limitMs: 90_000 })).status).toBe("confirmed");

      expect(
        await platform.sql(
          "payment_service",
          "SELECT count(*)::int AS captures, count(DISTINCT order_id)::int AS orders FROM provider_ledger WHERE kind = 'capture' AND order_id = ANY($1)",
          [orders],
        ),
      ).toEqual([{ captures: orders.length, orders: orders.length }]);
      expect(
        await platform.sql(
          "payment_service",
          "SELECT 1 FROM provider_ledger WHERE kind <> 'capture' AND order_id = ANY($1)",
          [orders],
        ),
      ).toEqual([]);
      await eventually(
        "the outbox to be empty",
        async () => ((await platform.sql("payment_service", "SELECT 1 FROM outbox")).length === 0 ? true : undefined),
        10_000,
      );
      expect(await platform.sql("payment_service", "SELECT 1 FROM dead_letters")).toEqual([]);
      const [{ published } = { published: 0 }] = await platform.sql<{ published: number }>(
        "payment_service",
        "SELECT count(*)::int AS published FROM outbox_published",
      );
      const topic = await readTopic(platform.kafka, "payment-events", published);
      const ids = topic.map((record) => record.headers["event-id"]);
      expect(new Set(ids).size, "every row in the topic").toBe(published);
      // Published and killed before the rows moved: the copies are in the topic, and order-service knew them.
      if (point === "after-publish") expect(ids.length).toBeGreaterThan(published);
      const [stock] = await platform.sql<{ taken: number }>(
        "inventory_service",
        "SELECT sold + reserved AS taken FROM stock WHERE product_id = 'sku-headphones'",
      );
      placed += orders.length;
      expect(stock?.taken).toBe(placed);
    },
  );
});
