import { describe, expect, it } from "vitest";
import { EXPORTED } from "../../../components/observability/exported/catalogue.ts";
import { seriesNames } from "../../../components/observability/exported/exported-metric.ts";
import {
  KAFKA_NODE_ALLOW_LIST,
  kafkaJvmMetrics,
  kafkaNodeMetrics,
} from "../../../components/observability/exported/kafka-nodes.ts";
import { expressionOn, type Signal, SUBSTRATES, type Substrate } from "../../../components/observability/signal.ts";
import { SIGNAL_GROUPS, SIGNALS } from "../../../components/observability/signals/catalogue.ts";
import { namedIn } from "./promql.ts";

/** What a scrape configuration adds to each series, on a substrate. */
const TARGET_LABELS: Readonly<Record<Substrate, readonly string[]>> = {
  local: ["job", "instance", "node"],
  kubernetes: ["job", "instance", "node", "namespace", "pod", "container", "strimzi_io_name"],
};

/** Labels of every series that exists on a substrate, by its name. Two exporters may show one name. */
function seriesOn(substrate: Substrate): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, ReadonlySet<string>>();
  for (const metric of EXPORTED.flatMap(({ metrics }) => metrics)) {
    if (metric.only !== undefined && metric.only !== substrate) continue;
    for (const name of seriesNames(metric)) {
      const labels = [...metric.labels, ...(name.endsWith("_bucket") ? ["le"] : []), ...TARGET_LABELS[substrate]];
      series.set(name, new Set([...(series.get(name) ?? []), ...labels]));
    }
  }
  for (const signal of SIGNALS)
    if (expressionOn(signal, substrate) !== undefined) series.set(signal.name, new Set(signal.labels));
  return series;
}

const CASES = SUBSTRATES.flatMap((substrate) =>
  SIGNALS.flatMap((signal): [string, Substrate, Signal, string][] => {
    const expression = expressionOn(signal, substrate);
    return expression === undefined ? [] : [[signal.name, substrate, signal, expression]];
  }),
);

describe("a signal", () => {
  it("has a name of its own, which says its labels", () => {
    expect(new Set(SIGNALS.map(({ name }) => name)).size).toBe(SIGNALS.length);
    const LEVELS: Readonly<Record<string, string>> = { consumergroup: "group" };
    for (const { name, labels } of SIGNALS) {
      const level = labels.map((label) => LEVELS[label] ?? label).join("_");
      if (level !== "") expect(name).toMatch(new RegExp(`^${level}:[a-z0-9_]+:[a-z0-9_]+$`));
      else expect(name).toMatch(/^cluster:[a-z0-9_]+:[a-z0-9_]+$/);
    }
  });

  it.each(CASES)("%s names series and labels that exist on %s", (_name, substrate, _signal, expression) => {
    const series = seriesOn(substrate);
    const { selectors, grouping, made } = namedIn(expression);
    const known = new Set(made);
    for (const { metric, labels } of selectors) {
      expect(series.has(metric), `series ${metric}`).toBe(true);
      const own = series.get(metric) ?? new Set();
      for (const label of labels) expect(own.has(label), `label ${label} of ${metric}`).toBe(true);
      for (const label of own) known.add(label);
    }
    for (const label of grouping) expect(known.has(label), `label ${label}`).toBe(true);
  });

  it.each(CASES)("%s is on raw metrics or on signals, on %s", (_name, _substrate, _signal, expression) => {
    const recorded = namedIn(expression).selectors.map(({ metric }) => metric.includes(":"));
    expect(new Set(recorded).size).toBe(1);
  });

  it("uses signals only that stand before it in its group", () => {
    for (const group of Object.values(SIGNAL_GROUPS))
      for (const [index, signal] of group.entries())
        for (const substrate of SUBSTRATES)
          for (const { metric } of namedIn(expressionOn(signal, substrate) ?? "vector(1)").selectors)
            if (metric.includes(":")) expect(group.slice(0, index).map(({ name }) => name)).toContain(metric);
  });
});

describe("the raw metrics", () => {
  it("are each used by a signal", () => {
    const used = new Set(
      CASES.flatMap(([, , , expression]) => namedIn(expression).selectors.map(({ metric }) => metric)),
    );
    const idle = EXPORTED.flatMap(({ metrics }) => metrics)
      .filter((metric) => !seriesNames(metric).some((name) => used.has(name)))
      .map(({ name }) => name);
    expect(idle).toEqual([]);
  });

  it("of Kafka nodes are what the reporter lets through, by its own names", () => {
    expect(KAFKA_NODE_ALLOW_LIST).toHaveLength(kafkaNodeMetrics.metrics.length);
    const allowed = new RegExp(`^(?:${KAFKA_NODE_ALLOW_LIST.map((entry) => `(${entry})`).join("|")})$`);
    for (const { name } of kafkaNodeMetrics.metrics) expect(name.replace(/_total$/, "")).toMatch(allowed);
    for (const entry of KAFKA_NODE_ALLOW_LIST) expect(entry).toMatch(/^kafka_[a-z]+_[a-z_]+$/);
    for (const { name } of kafkaJvmMetrics.metrics) expect(name).not.toMatch(allowed);
  });
});
