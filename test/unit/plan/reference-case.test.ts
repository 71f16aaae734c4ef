import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../../components/model/load.ts";
import { expectRead } from "../../../components/model/read.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import type { PlatformPlan } from "../../../components/plan/types.ts";

let plan: PlatformPlan;

beforeAll(async () => {
  const { model, stack } = expectRead(await loadModel(join(import.meta.dirname, "../../.."), "local"));
  plan = planPlatform(model, stack);
});

describe("the reference case on one machine", () => {
  it("has its topics, and the derived ones of each group", () => {
    expect(plan.topics.map(({ name, kind, owner, partitions }) => `${name} ${kind} ${owner} ${partitions}`)).toEqual([
      "analytics-service.dlt dead-letter insights 3",
      "inventory-events event warehouse 30",
      "inventory-service.dlt dead-letter warehouse 3",
      "kafkasql-journal registry platform 1",
      "kafkasql-snapshots registry platform 1",
      "notification-events event engagement 6",
      "notification-service.dlt dead-letter engagement 3",
      "notification-service.retry-10s retry engagement 6",
      "notification-service.retry-5m retry engagement 6",
      "order-events event checkout 30",
      "order-service.dlt dead-letter checkout 3",
      "payment-events event payments 30",
      "payment-service.dlt dead-letter payments 3",
      "registry-events registry platform 1",
      "shipping-events event logistics 30",
      "shipping-service.dlt dead-letter logistics 3",
    ]);
  });

  it("configures event topics as stated: RF 3, min ISR 2, 7 d, LZ4, under 1 MB", () => {
    for (const topic of plan.topics.filter(({ kind }) => kind === "event")) {
      expect(topic.replicationFactor).toBe(3);
      expect(topic.config).toEqual({
        "cleanup.policy": "delete",
        "compression.type": "lz4",
        "max.message.bytes": "1000000",
        "min.insync.replicas": "2",
        "retention.ms": "604800000",
        "segment.bytes": "1073741824",
        "segment.ms": "100800000",
      });
    }
  });

  it("keeps dead-letter records for 30 days", () => {
    for (const topic of plan.topics.filter(({ kind }) => kind === "dead-letter"))
      expect(topic.config["retention.ms"]).toBe(String(30 * 86_400_000));
  });

  it("has a principal for each service with access to Kafka, and none for the gateway", () => {
    expect(plan.principals.map(({ name }) => name)).toEqual([
      "analytics-service",
      "inventory-service",
      "notification-service",
      "order-service",
      "payment-service",
      "platform-auditor",
      "platform-replayer",
      "schema-registry",
      "shipping-service",
    ]);
  });

  it("lets payment do this and nothing else", () => {
    expect(plan.acls.filter(({ principal }) => principal === "payment-service").map(({ key }) => key)).toEqual([
      "payment-service/Describe/Group/payment-service",
      "payment-service/Describe/Topic/order-events",
      "payment-service/Describe/Topic/payment-events",
      "payment-service/Describe/Topic/payment-service.dlt",
      "payment-service/Read/Group/payment-service",
      "payment-service/Read/Topic/order-events",
      "payment-service/Read/Topic/payment-service.dlt",
      "payment-service/Write/Topic/payment-events",
      "payment-service/Write/Topic/payment-service.dlt",
    ]);
  });

  it("has one subject per event type; OrderCreated has the fields of its contract", () => {
    expect(plan.subjects.map(({ eventType }) => eventType).sort()).toEqual([
      "inventory.insufficient",
      "inventory.released",
      "inventory.reserved",
      "notification.sent",
      "order.cancelled",
      "order.confirmed",
      "order.created",
      "payment.failed",
      "payment.processed",
      "payment.refunded",
      "shipment.created",
      "shipment.delivered",
      "shipment.dispatched",
      "shipment.failed",
    ]);
    const created = plan.subjects.find(({ name }) => name === "order-events-com.globalmart.events.OrderCreated");
    expect(created?.compatibility).toBe("BACKWARD");
    const fields = (of: { fields: { name: string; type: unknown }[] }): Record<string, unknown> =>
      Object.fromEntries(of.fields.map(({ name, type }) => [name, type]));
    const schema = JSON.parse(created?.schema ?? "{}") as { fields: { name: string; type: unknown }[] };
    const { items, ...others } = fields(schema);
    expect(others).toMatchObject({
      orderId: "string",
      customerId: "string",
      timestamp: "long",
      totalAmount: "double",
      currency: "string",
      shippingAddress: "string",
    });
    const array = items as { type: string; items: { name: string; fields: { name: string; type: unknown }[] } };
    expect(array.type).toBe("array");
    expect(array.items.name).toBe("OrderItem");
    expect(fields(array.items)).toEqual({ productId: "string", quantity: "int", price: "double" });
  });

  it("hands each service the events of its part in the saga", () => {
    const consumed = Object.fromEntries(
      plan.contracts.map(({ service, consumes }) => [
        service,
        consumes.flatMap(({ events }) => events.map(({ event }) => event)).sort(),
      ]),
    );
    expect(consumed["payment-service"]).toEqual(["order.cancelled", "order.created"]);
    expect(consumed["inventory-service"]).toEqual(["order.cancelled", "order.confirmed", "order.created"]);
    expect(consumed["shipping-service"]).toEqual(["order.confirmed"]);
    expect(consumed["order-service"]).toEqual([
      "inventory.insufficient",
      "inventory.released",
      "inventory.reserved",
      "payment.failed",
      "payment.processed",
      "payment.refunded",
      "shipment.failed",
    ]);
    expect(consumed["notification-service"]).toHaveLength(13);
    expect(consumed["analytics-service"]).toHaveLength(14);
  });
});
