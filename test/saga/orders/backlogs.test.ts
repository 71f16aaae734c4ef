import type { RunningService } from "@event-platform-kit/service";
import { uuidV7 } from "@event-platform-kit/service/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startInventoryService } from "../../../service-templates/inventory-service/src/service.ts";
import { startOrderService } from "../../../service-templates/order-service/src/service.ts";
import { startPaymentService } from "../../../service-templates/payment-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform, ShownOrder } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import { cancelledPayload, createdPayload, orderRecords } from "../servers/order-records.ts";
import { produceRaw } from "../servers/records.ts";

/** Long enough that payment gets to an order before its deadline on a busy machine too. */
const TIMEOUT_MS = 15_000;
const names = (order: ShownOrder): readonly string[] => order.steps.map((step) => step.name);

describe("backlogs that are older than an order may wait, and captures whose record fails", () => {
  let platform: OrderPlatform;
  const again: RunningService[] = [];
  beforeAll(async () => {
    platform = await startOrderPlatform({ SAGA_TIMEOUT_MS: String(TIMEOUT_MS) });
  });
  afterAll(async () => {
    for (const service of again) await service.stop();
    await platform?.stop();
  });

  /** Kinds of movements in the provider's books. */
  async function books(orderId: string): Promise<readonly string[]> {
    const rows = await platform.sql<{ kind: string }>(
      "payment_service",
      "SELECT kind FROM provider_ledger WHERE order_id = $1 ORDER BY kind",
      [orderId],
    );
    return rows.map(({ kind }) => kind);
  }

  it("gives back what was captured for an order whose record failed to the end, once the order is cancelled", async () => {
    const records = orderRecords(platform);
    const orderId = uuidV7();
    await platform.sql(
      "payment_service",
      `ALTER TABLE payments ADD CONSTRAINT breaks CHECK (order_id <> '${orderId}' OR status <> 'processed')`,
    );
    // Without a deadline: however busy the machine is, the record is not declined as late.
    await produceRaw(platform.kafka, [records.record("order.created", orderId, createdPayload(orderId))]);
    await eventually(
      "the dead-letter record",
      async () =>
        (await platform.sql("payment_service", "SELECT FROM dead_letters WHERE event_type = 'order.created'"))[0],
      60_000,
    );
    expect(await books(orderId)).toEqual(["capture"]);
    await produceRaw(platform.kafka, [records.record("order.cancelled", orderId, cancelledPayload(orderId))]);
    await eventually(
      "the refund to be told",
      async () =>
        (
          await platform.sql("payment_service", "SELECT FROM outbox_published WHERE event_type = 'payment.refunded'")
        )[0],
      60_000,
    );
    expect(await books(orderId)).toEqual(["capture", "refund", "void"]);
    expect(
      await platform.sql(
        "payment_service",
        "SELECT status, amount::int, currency, reason FROM payments WHERE order_id = $1",
        [orderId],
      ),
    ).toEqual([{ status: "refunded", amount: 3990, currency: "EUR", reason: "timed_out" }]);

    // A copy of the record, as a replay of the dead-letter record makes one, meets the tombstone.
    await platform.sql("payment_service", "ALTER TABLE payments DROP CONSTRAINT breaks");
    const eventId = uuidV7();
    await produceRaw(platform.kafka, [records.record("order.created", orderId, createdPayload(orderId), { eventId })]);
    await eventually(
      "the copy to be applied",
      async () => (await platform.sql("payment_service", "SELECT FROM inbox WHERE event_id = $1", [eventId]))[0],
      60_000,
    );
    expect(await books(orderId)).toEqual(["capture", "refund", "void"]);
    expect(
      await platform.sql(
        "payment_service",
        "SELECT count(*)::int AS told FROM outbox_published WHERE event_type = 'payment.refunded'",
      ),
    ).toEqual([{ told: 1 }]);
  });

  it("captures and reserves nothing for orders that were cancelled while payment and inventory were away", async () => {
    const stock = async (): Promise<unknown> =>
      (
        await platform.sql(
          "inventory_service",
          "SELECT available, reserved, sold FROM stock WHERE product_id = 'sku-monitor'",
        )
      )[0];
    const before = await stock();
    await Promise.all([platform.services.payment.stop(), platform.services.inventory.stop()]);
    const orders = await Promise.all(
      Array.from({ length: 5 }, () => platform.place([{ productId: "sku-monitor", quantity: 1 }])),
    );
    for (const orderId of orders)
      expect(await platform.ended(orderId, { limitMs: 60_000 })).toMatchObject({
        status: "cancelled",
        reason: "timed_out",
      });
    again.push(
      await startPaymentService({ env: platform.environment("payment-service", "0") }),
      await startInventoryService({ env: platform.environment("inventory-service", "0") }),
    );
    await eventually(
      "the backlog to be read",
      async () => {
        const [paid] = await platform.sql<{ count: string }>(
          "payment_service",
          "SELECT count(*) FROM payments WHERE order_id = ANY($1::uuid[])",
          [orders],
        );
        const [kept] = await platform.sql<{ count: string }>(
          "inventory_service",
          "SELECT count(*) FROM reservations WHERE order_id = ANY($1::uuid[])",
          [orders],
        );
        return paid?.count === "5" && kept?.count === "5" ? true : undefined;
      },
      60_000,
    );
    for (const orderId of orders) {
      expect(await books(orderId)).toEqual(["void"]);
      expect(names(await platform.ended(orderId))).toEqual(["accepted", "order.cancelled"]);
    }
    expect(await stock()).toEqual(before);
    expect(
      await platform.sql(
        "inventory_service",
        "SELECT DISTINCT status FROM reservations WHERE order_id = ANY($1::uuid[])",
        [orders],
      ),
    ).toEqual([{ status: "cancelled" }]);
  });

  it("confirms orders whose good answers wait in the topics when order-service comes back too late", async () => {
    await platform.sql("payment_service", "UPDATE provider_behaviour SET latency_ms = 1500");
    const orders = await Promise.all(
      Array.from({ length: 5 }, () => platform.place([{ productId: "sku-monitor", quantity: 1 }])),
    );
    await eventually(
      "the orders to be published",
      async () => {
        const [row] = await platform.sql<{ waiting: string }>(
          "order_service",
          "SELECT count(*) AS waiting FROM outbox",
        );
        return row?.waiting === "0" ? true : undefined;
      },
      30_000,
    );
    await platform.services.order.stop();
    await eventually(
      "the answers to be in the topics",
      async () => {
        const [row] = await platform.sql<{ count: string }>(
          "payment_service",
          "SELECT count(*) FROM payments WHERE status = 'processed' AND order_id = ANY($1::uuid[])",
          [orders],
        );
        return row?.count === "5" ? true : undefined;
      },
      60_000,
    );
    await eventually(
      "the orders to be overdue",
      async () => {
        const [row] = await platform.sql<{ left: string }>(
          "order_service",
          "SELECT count(*) AS left FROM orders WHERE order_id = ANY($1::uuid[]) AND created_at > now() - $2 * interval '1 millisecond'",
          [orders, TIMEOUT_MS + 500],
        );
        return row?.left === "0" ? true : undefined;
      },
      60_000,
    );
    expect(
      await platform.sql("order_service", "SELECT DISTINCT status FROM orders WHERE order_id = ANY($1::uuid[])", [
        orders,
      ]),
    ).toEqual([{ status: "pending" }]);
    again.push(await startOrderService({ env: platform.environment("order-service", "0") }));
    await eventually(
      "the orders to end",
      async () => {
        const rows = await platform.sql<{ status: string }>(
          "order_service",
          "SELECT DISTINCT status FROM orders WHERE order_id = ANY($1::uuid[])",
          [orders],
        );
        return rows.some(({ status }) => status === "pending") ? undefined : true;
      },
      60_000,
    );
    expect(
      await platform.sql(
        "order_service",
        "SELECT status, count(*)::int FROM orders WHERE order_id = ANY($1::uuid[]) GROUP BY 1",
        [orders],
      ),
    ).toEqual([{ status: "confirmed", count: 5 }]);
    for (const orderId of orders) expect(await books(orderId)).toEqual(["capture"]);
  });
});
