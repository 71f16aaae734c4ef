import { describe, expect, it } from "vitest";
import { serviceNames } from "../../../../cli/new-service/names.ts";
import type { Renaming } from "../../../../cli/new-service/renaming.ts";
import { renamedEvent, renamedTopic, renameText, withOrigin } from "../../../../cli/new-service/renaming.ts";

const renaming: Renaming = {
  from: { ...serviceNames("order-service"), startFunction: "startOrders" },
  to: serviceNames("subscription-service"),
  events: [
    {
      from: { event: "order.created", record: "OrderCreated", schemaPath: "schemas/order/OrderCreated.avsc" },
      to: {
        event: "subscription.created",
        record: "SubscriptionCreated",
        schemaPath: "schemas/subscription/SubscriptionCreated.avsc",
      },
    },
  ],
  topics: new Map([["order-events", "subscription-events"]]),
  namespaces: ["com.globalmart.events"],
  redisPrefix: "order:",
};

describe("a template's text under the copy's name", () => {
  it.each<[string, string, string, string]>([
    ["the service", "README.md", "# order-service\n", "# subscription-service\n"],
    ["its database", "a.sql", "-- order_service", "-- subscription_service"],
    ["not a longer name", "a.ts", "// reorder-service, order-services", "// reorder-service, order-services"],
    ["what starts it", "main.ts", "runProcess(() => startOrders());", "runProcess(() => startSubscriptionService());"],
    ["a published event as a whole text", "a.ts", 'type: "order.created"', 'type: "subscription.created"'],
    ["a published event in a comment", "a.ts", "x(); // after order.created.", "x(); // after subscription.created."],
    [
      "a published event in a document",
      "README.md",
      "| publishes | order.created |",
      "| publishes | subscription.created |",
    ],
    [
      "no field of an object",
      "a.ts",
      "if (order.created) return order.createdAt;",
      "if (order.created) return order.createdAt;",
    ],
    [
      "no event of another service",
      "a.ts",
      '"payment.processed": paymentProcessed(clock)',
      '"payment.processed": paymentProcessed(clock)',
    ],
    [
      "keys in Redis",
      "a.ts",
      "return `order:stock:${id}`; // `order:stock:<id>`",
      "return `subscription:stock:${id}`; // `subscription:stock:<id>`",
    ],
    ["its topic", "README.md", "order-events (created)", "subscription-events (created)"],
    [
      "the schema's file",
      "a.test.ts",
      'read("schemas/order/OrderCreated.avsc")',
      'read("schemas/subscription/SubscriptionCreated.avsc")',
    ],
    [
      "the record's full name",
      "a.test.ts",
      '"com.globalmart.events.OrderCreated"',
      '"com.globalmart.events.SubscriptionCreated"',
    ],
    ["a type of its code keeps its name", "a.ts", "interface OrderCreated {}", "interface OrderCreated {}"],
    ["a metric", "a.ts", 'name: "order_oldest_age_seconds", help', 'name: "subscription_oldest_age_seconds", help'],
    ["the label of its saga", "a.ts", 'set({ saga: "order", state })', 'set({ saga: "subscription", state })'],
  ])("%s", (_name, path, text, expected) => {
    expect(renameText(path, text, renaming)).toBe(expected);
  });

  it("says in the README where it came from", () => {
    expect(withOrigin("# new\n\nText.\n", "old", ["A note."])).toBe(
      "# new\n\nBegun as a copy of old. A note.\n\nText.\n",
    );
  });

  it("names events and topics after the copy", () => {
    expect(renamedEvent("shipment.created", "loan")).toBe("loan.created");
    expect(renamedTopic("order-events", "order", "loan")).toBe("loan-events");
    expect(renamedTopic("all-changes", "order", "loan")).toBe("loan-all-changes");
  });
});
