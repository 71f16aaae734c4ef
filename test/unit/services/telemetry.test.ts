import { describe, expect, it } from "vitest";
import type { RawRecord } from "../../../service-templates/lib/kafka/raw-record.ts";
import { eventMetrics, noteSend } from "../../../service-templates/lib/telemetry/event-metrics.ts";
import { createMetrics } from "../../../service-templates/lib/telemetry/metrics.ts";
import { recordLog } from "../../../service-templates/lib/telemetry/record-fields.ts";
import { sagaDuration } from "../../../service-templates/lib/telemetry/saga-metrics.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const CONTRACT = {
  consumes: [
    { topic: "order-events", key: "orderId", events: [{ event: "order.created", record: "R", schema: "s" }] },
    { topic: "prices", events: [] },
    { topic: "jobs", key: "level", events: [] },
  ],
  publishes: [
    { event: "payment.failed", topic: "payment-events", key: "orderId", subject: "s", record: "R", schema: "s" },
  ],
  retryTopics: [],
  deadLetterTopic: "s.dlt",
};

function record(topic: string, key: string | undefined, headers: Readonly<Record<string, string>> = {}): RawRecord {
  return {
    topic,
    partition: 0,
    offset: 1n,
    key: key === undefined ? undefined : Buffer.from(key),
    value: undefined,
    leaderEpoch: 0,
    timestamp: 0,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
  };
}

describe("a log line about a record", () => {
  const { ofRecord, ofOutgoing } = recordLog(CONTRACT);

  it("has the key under the name that its topic declares, and the trace", () => {
    expect(ofRecord(record("order-events", "o-1", { traceparent: TRACEPARENT }))).toEqual({
      orderId: "o-1",
      traceId: TRACE,
    });
  });

  it("leaves out what is not known: a topic without a key, a foreign topic, a record without key or trace", () => {
    expect(ofRecord(record("prices", "x"))).toEqual({});
    expect(ofRecord(record("elsewhere", "x"))).toEqual({});
    expect(ofRecord(record("order-events", undefined, { traceparent: "rubbish" }))).toEqual({});
  });

  it("never takes the place of a field that every line has, and writes no more than 200 characters of a key", () => {
    expect(ofRecord(record("jobs", "fatal"))).toEqual({ key: "fatal" });
    expect(ofRecord(record("order-events", "x".repeat(100_000))).orderId).toHaveLength(200);
  });

  it("names the key of the topic that a dead-letter record or a delayed one came from", () => {
    for (const header of ["dlt-origin-topic", "retry-origin-topic"])
      expect(
        ofOutgoing({
          topic: "s.dlt",
          key: Buffer.from("o-2"),
          headers: { [header]: "order-events", traceparent: Buffer.from(TRACEPARENT) },
        }),
      ).toEqual({ orderId: "o-2", traceId: TRACE });
    expect(ofOutgoing({ topic: "payment-events", key: Buffer.from("o-3"), headers: {} })).toEqual({ orderId: "o-3" });
  });
});

describe("metrics of the producer", () => {
  it("count records by topic and by how the request ended", async () => {
    const metrics = eventMetrics(createMetrics("s", "0"), CONTRACT);
    const recordsByTopic = new Map([
      ["payment-events", 3],
      ["s.dlt", 1],
    ]);
    noteSend(metrics, { recordsByTopic, seconds: 0.25, code: undefined });
    noteSend(metrics, { recordsByTopic, seconds: 0.5, code: "SVC_PUBLISH_UNAVAILABLE" });
    const text = await metrics.registry.metrics();
    for (const [labels, count] of [
      ['topic="payment-events",outcome="acknowledged",code=""', 3],
      ['topic="payment-events",outcome="failed",code="SVC_PUBLISH_UNAVAILABLE"', 3],
      ['topic="payment-events",outcome="failed",code="SVC_PUBLISH_DENIED"', 0],
      ['topic="s.dlt",outcome="acknowledged",code=""', 1],
    ] as const)
      expect(text).toContain(`producer_records_total{${labels},service="s",replica="0"} ${count}\n`);
    expect(text).toContain('producer_batch_records_sum{service="s",replica="0"} 8');
    expect(text).toContain('producer_send_duration_seconds_sum{service="s",replica="0"} 0.75');
  });
});

it("a saga that seems to have ended before it began, by two clocks, took no time", async () => {
  const { registry } = createMetrics("s", "0");
  sagaDuration(registry, "order", ["confirmed"])("confirmed", -4);
  expect(await registry.metrics()).toContain(
    'saga_duration_seconds_bucket{le="0.05",service="s",replica="0",saga="order",outcome="confirmed"} 1',
  );
});
