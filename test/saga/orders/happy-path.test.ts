import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import { sample } from "../servers/metrics.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import type { OtlpReceiver, ReceivedSpan } from "../servers/otlp-receiver.ts";
import { startOtlpReceiver } from "../servers/otlp-receiver.ts";

describe("the saga on real servers", () => {
  let receiver: OtlpReceiver;
  let platform: OrderPlatform;
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    platform = await startOrderPlatform({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  });
  afterAll(async () => {
    await platform?.stop();
    await receiver?.stop();
  });

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

  it("measures what it did: every service what it has, and nothing else", async () => {
    const { order, payment, gateway } = platform.services;
    const figure = (
      { managementPort }: typeof order,
      name: string,
      labels: Readonly<Record<string, string>> = {},
    ): Promise<number> => sample(managementPort, name, labels);
    const ofOrder = { topic: "order-events", event: "order.created" };
    expect(await figure(order, "saga_duration_seconds_count", { outcome: "confirmed" })).toBe(1);
    expect(await figure(order, "saga_duration_seconds_sum", { outcome: "confirmed" })).toBeGreaterThan(0);
    expect(await figure(order, "saga_duration_seconds_count", { outcome: "cancelled" })).toBe(0);
    await eventually(
      "both of the order's events to be acknowledged",
      async () =>
        (await figure(order, "producer_records_total", { topic: "order-events", outcome: "acknowledged" })) === 2
          ? true
          : undefined,
      5_000,
    );
    expect(await figure(order, "producer_records_total", { outcome: "failed" })).toBe(0);
    expect(await figure(order, "producer_batch_records_sum")).toBe(2);
    expect(await figure(payment, "event_latency_seconds_count", ofOrder)).toBe(1);
    expect(await figure(payment, "event_latency_seconds_sum", ofOrder)).toBeGreaterThan(0);
    expect(await figure(payment, "handler_duration_seconds_count", { event: "order.created" })).toBe(1);
    expect(await figure(payment, "consumer_rebalances_total")).toBeGreaterThan(0);
    expect(await figure(payment, "consumer_time_lag_seconds")).toBeLessThan(60);
    const text = await (await fetch(`http://127.0.0.1:${gateway.managementPort}/metrics`)).text();
    expect(text).toContain('replica="0"');
    expect(text).not.toMatch(/^(?:consumer|producer|outbox|dlt|saga)_/mu);
  });

  it("exports one trace of an order, from the request through outbox, topics and handlers to the statements", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const answer = await platform.call<{ orderId: string }>("POST", "/orders", {
      token: await platform.token("cust-1"),
      headers: { "idempotency-key": "traced", traceparent: `00-${traceId}-b7ad6b7169203331-01` },
      body: {
        items: [{ productId: "sku-mouse", quantity: 1 }],
        currency: "EUR",
        shippingAddress: "1 Main Street, 10115 Berlin, DE",
      },
    });
    expect((await platform.ended(answer.body.orderId)).status).toBe("confirmed");
    const last = [
      "api-gateway: POST /orders",
      "payment-service: send payment-events",
      "inventory-service: send inventory-events",
      "order-service: create order.confirmed",
    ];
    // Each service exports by itself, every five seconds.
    const spans = await eventually(
      "the last span of each service to be exported",
      () => {
        const trace = receiver.spans.filter((span) => span.traceId === traceId);
        const seen = new Set(trace.map(({ service, name }) => `${service}: ${name}`));
        return last.every((name) => seen.has(name)) ? trace : undefined;
      },
      30_000,
    );
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    /** From a span up to the first of its trace, as `service: name`. */
    const ancestry = (span: ReceivedSpan | undefined): readonly string[] =>
      span === undefined ? [] : [`${span.service}: ${span.name}`, ...ancestry(byId.get(span.parentSpanId))];
    const found = (service: string, name: string): ReceivedSpan | undefined =>
      spans.find((span) => span.service === service && span.name === name);

    const accepted = [
      "order-service: create order.created",
      "order-service: POST /orders",
      "api-gateway: POST /orders",
    ];
    for (const [service, answered] of [
      ["payment-service", "payment.processed"],
      ["inventory-service", "inventory.reserved"],
    ] as const) {
      const topic = `${answered.split(".")[0]}-events`;
      expect(ancestry(found(service, `send ${topic}`))).toEqual([
        `${service}: send ${topic}`,
        `${service}: create ${answered}`,
        `${service}: process order-events`,
        ...accepted,
      ]);
    }
    expect(found("api-gateway", "POST /orders")).toMatchObject({
      kind: 2,
      parentSpanId: "b7ad6b7169203331",
      attributes: { "http.route": "/orders", "http.response.status_code": 202 },
    });
    // The second answer ends the saga; which one that is, the brokers decide.
    expect(ancestry(found("order-service", "create order.confirmed")).slice(1, 2)[0]).toMatch(
      /^order-service: process (?:payment|inventory)-events$/u,
    );
    expect(found("payment-service", "process order-events")).toMatchObject({
      kind: 5,
      attributes: {
        "messaging.system": "kafka",
        "messaging.consumer.group.name": "payment-service",
        "messaging.message.conversation_id": answer.body.orderId,
        outcome: "applied",
      },
    });
    const statements = spans.filter(({ attributes }) => attributes["db.system.name"] === "postgresql");
    const callers = new Set(statements.flatMap((span) => ancestry(span).slice(1, 2)));
    expect(callers).toContain("payment-service: process order-events");
    expect(callers).toContain("inventory-service: process order-events");
    expect(statements.length).toBeGreaterThan(5);
    for (const { attributes } of statements) expect(String(attributes["db.query.text"])).not.toContain("cust-1");
    expect(spans.filter(({ status }) => status === 2)).toEqual([]);
  });
});
