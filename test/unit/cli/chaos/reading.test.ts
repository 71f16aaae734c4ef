import { unframe } from "@event-platform-kit/service/events/codec";
import { describe, expect, it } from "vitest";
import { processInputs } from "../../../../cli/chaos/declared-processes.ts";
import { poisonedRecord } from "../../../../cli/chaos/faults/poison.ts";
import { POISON_KINDS } from "../../../../cli/chaos/schedule.ts";
import { parseSamples, sumOf } from "../../../../cli/health/service-metrics.ts";

describe("services' metrics", () => {
  const text = [
    "# HELP consumer_records_total Records",
    "# TYPE consumer_records_total counter",
    'consumer_records_total{topic="order-events",outcome="deduplicated",service="a"} 3',
    'consumer_records_total{topic="order-events",outcome="applied",service="a"} 40',
    'consumer_records_total{topic="with \\"quotes\\"",outcome="deduplicated",service="a"} 4',
    "outbox_relay_failures_total 2",
    "broken{",
    "",
  ].join("\n");

  it("are summed by name and labels", () => {
    const samples = parseSamples(text);
    expect(sumOf(samples, "consumer_records_total", { outcome: "deduplicated" })).toBe(7);
    expect(sumOf(samples, "consumer_records_total")).toBe(47);
    expect(sumOf(samples, "outbox_relay_failures_total")).toBe(2);
    expect(sumOf(samples, "unheard_of")).toBe(0);
  });
});

describe("a process in the stack's state", () => {
  const resource = { type: "kit:index:Process", inputs: { name: "redis", role: "cache" } };

  it("is found by type and name, in a checkpoint and in an export", () => {
    expect(
      processInputs(
        { version: 3, checkpoint: { latest: { resources: [{ type: "other", inputs: { name: "redis" } }, resource] } } },
        "redis",
      ),
    ).toEqual(resource.inputs);
    expect(processInputs({ version: 3, deployment: { resources: [resource] } }, "redis")).toEqual(resource.inputs);
  });

  it("is undefined where there is none", () => {
    expect(processInputs({ checkpoint: { latest: { resources: [resource] } } }, "postgres")).toBeUndefined();
    expect(processInputs({}, "redis")).toBeUndefined();
    expect(processInputs("nonsense", "redis")).toBeUndefined();
  });
});

describe("wrong records", () => {
  it.each(POISON_KINDS)("%s is wrong in one way alone", (kind) => {
    const { value, lacks } = poisonedRecord(kind, { own: 7, foreign: 8 });
    expect(lacks).toBe(kind === "header-missing" ? "event-id" : undefined);
    if (kind === "wrong-magic-byte") expect(() => unframe(value)).toThrow(/0x01/);
    else
      expect(unframe(value).schemaId).toBe(
        { "not-avro": 7, "unknown-schema": 0x7fff_fff0, "incompatible-schema": 8, "header-missing": 7 }[kind],
      );
  });
});
