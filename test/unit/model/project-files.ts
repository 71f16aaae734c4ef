import type { SourceFile } from "../../../components/model/source-file.ts";

/** Schema text of a record with an `orderId`. */
export function avroRecord(name: string, fields: readonly object[] = []): string {
  return JSON.stringify({
    type: "record",
    name,
    namespace: "com.example.events",
    fields: [{ name: "orderId", type: "string" }, ...fields],
  });
}

/** A good domain file; each test breaks one thing in it. Line numbers in tests count from its first line. */
export const goodDomain = `domain: order
owner: {team: checkout, contact: "#team-checkout"}
criticality: high
topics:
  order-events:
    description: The life of an order.
    partitions: 30
    retention: 7d
    key: orderId
    events:
      order.created: {schema: schemas/order/OrderCreated.avsc}
      order.cancelled: {schema: schemas/order/OrderCancelled.avsc}
    producers:
      order-service: {quota: 10MiB/s}
    consumers:
      payment-service: {instances: 10, events: [order.created, order.cancelled], quota: 20MiB/s}
`;

/** Schema files that `goodDomain` refers to. */
export const goodSchemas: readonly SourceFile[] = [
  { path: "topics/schemas/order/OrderCreated.avsc", text: avroRecord("OrderCreated") },
  { path: "topics/schemas/order/OrderCancelled.avsc", text: avroRecord("OrderCancelled") },
];

/** The good project with its domain file's text replaced. */
export function projectWith(text: string, more: readonly SourceFile[] = []): SourceFile[] {
  return [{ path: "topics/order.yaml", text }, ...goodSchemas, ...more];
}
