import { describe, expect, it } from "vitest";
import { ruleGroups } from "../../../components/observability/rendered/rule-groups.ts";
import { scoped } from "../../../components/observability/rendered/scope.ts";
import { namedIn } from "./promql.ts";
import { ruleInput } from "./rule-inputs.ts";

const SCOPE = { stack: "dev", namespaces: { kafka: "kafka", platform: "platform", services: "shop" } };

describe("scoped", () => {
  it.each([
    ["sum(consumer_paused)", 'sum(consumer_paused{namespace="shop"})'],
    ["consumer_paused{} > 0", 'consumer_paused{namespace="shop"} > 0'],
    ['up{job="up"}', 'up{namespace=~"kafka|platform|shop", job="up"}'],
    ["rate(kafka_consumergroup_lag[5m])", 'rate(kafka_consumergroup_lag{namespace="kafka"}[5m])'],
    // Services and Kafka's nodes both export it.
    ["process_cpu_seconds_total", 'process_cpu_seconds_total{namespace=~"kafka|shop"}'],
    ["node:disk_free:bytes[6h]", 'node:disk_free:bytes{stack="dev"}[6h]'],
    ['label_replace(vector(1), "up", "", "", "")', 'label_replace(vector(1), "up", "", "", "")'],
  ])("holds %s to a platform", (expression, expected) => {
    expect(scoped(expression, SCOPE)).toBe(expected);
    expect(scoped(expression, undefined)).toBe(expression);
  });

  it("leaves no series of another platform in any rule", () => {
    for (const { expr } of ruleGroups(ruleInput("kubernetes")).flatMap(({ rules }) => rules))
      for (const { metric, labels } of namedIn(expr).selectors)
        expect(labels, `${metric} in ${expr}`).toContain(metric.includes(":") ? "stack" : "namespace");
  });

  it("says nothing of stacks where a platform has a Prometheus of its own", () => {
    expect(JSON.stringify(ruleGroups(ruleInput("local")))).not.toMatch(/stack|namespace/);
  });
});
