import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  KAFKA_NODE_ALLOW_LIST,
  kafkaJvmMetrics,
  kafkaNodeMetrics,
  MAX_KAFKA_NODE_SERIES,
} from "../../../components/observability/exported/kafka-nodes.ts";
import { missingFrom, samplesOf } from "../../platform/scrape.ts";

/**
 * Scrapes of a broker and of the active controller of a running platform, Kafka 4.3.1 with metrics-reporter 0.2.0: the
 * release that Strimzi's images hold. `curl 127.0.0.1:17600/metrics` and `:17700/metrics`, after some orders.
 */
const SCRAPES = ["kafka-broker", "kafka-controller"].map((name) =>
  readFileSync(join(import.meta.dirname, "scrapes", `${name}.txt`), "utf8"),
);

describe("a scrape of Kafka nodes", () => {
  it("has every metric and label that signals are computed from", () => {
    const missing = missingFrom(SCRAPES, [...kafkaNodeMetrics.metrics, ...kafkaJvmMetrics.metrics]);
    // A topic is named with its first failure.
    expect(missing).toEqual(["kafka_server_brokertopicmetrics_failedproducerequestspersec_total{topic}"]);
  });

  it("has nothing of Kafka that no signal asks for, and stays below the bound", () => {
    for (const scrape of SCRAPES) {
      const samples = samplesOf(scrape);
      expect(samples.length).toBeLessThanOrEqual(MAX_KAFKA_NODE_SERIES);
      const names = samples.flatMap((line) => /^kafka_\w+/.exec(line)?.[0].replace(/_total$/, "") ?? []);
      expect(names.filter((name) => !KAFKA_NODE_ALLOW_LIST.includes(name))).toEqual([]);
    }
  });

  it("is compared by names and labels: a renamed metric is missed", () => {
    const [first] = kafkaNodeMetrics.metrics;
    if (first === undefined) throw new Error("no metrics");
    expect(missingFrom(SCRAPES, [{ ...first, name: "kafka_renamed" }])).toEqual(["kafka_renamed"]);
    expect(missingFrom(SCRAPES, [{ ...first, labels: ["shard"] }])).toEqual([`${first.name}{shard}`]);
  });
});
