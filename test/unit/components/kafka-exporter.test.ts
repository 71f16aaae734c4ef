import { describe, expect, it, vi } from "vitest";
import type { ClusterFigures } from "../../../components/kafka-exporter/cluster-figures.ts";
import { exposition } from "../../../components/kafka-exporter/cluster-figures.ts";
import { collection } from "../../../components/kafka-exporter/collection.ts";
import { kafkaExporterMetrics } from "../../../components/observability/exported/kafka-exporter.ts";
import { missingFrom, samplesOf } from "../../platform/scrape.ts";

const FIGURES: ClusterFigures = {
  partitions: [
    { topic: "t", partition: 0, oldest: 10, end: 30 },
    { topic: "t", partition: 1, oldest: 0, end: 5 },
  ],
  groups: [
    {
      group: 'g"1\n\\',
      members: 2,
      positions: [
        { topic: "t", partition: 0, committed: 4 },
        { topic: "t", partition: 1, committed: 9 },
        { topic: "gone", partition: 0, committed: 1 },
        { topic: "t", partition: 2, committed: -1 },
      ],
    },
  ],
  sizes: [{ broker: 1, topic: "t", bytes: 2_048 }],
  disks: [{ broker: 1, totalBytes: 100, usableBytes: 40 }],
};
const text = exposition(FIGURES, [{ name: "admin", notAfter: 1_800_000_000 }], (broker) => `kafka-broker-${broker}`);

describe("what the exporter shows", () => {
  it("has every metric and label of the signals' catalogue, and no other", () => {
    expect(missingFrom([text], kafkaExporterMetrics.metrics)).toEqual([]);
    const known = new Set(kafkaExporterMetrics.metrics.map(({ name }) => name));
    expect(samplesOf(text).filter((line) => !known.has(/^\w+/.exec(line)?.[0] ?? ""))).toEqual([]);
  });

  it("counts a lag from what is kept, never below 0, and -1 where the partition is not known", () => {
    const group = String.raw`consumergroup="g\"1\n\\"`;
    expect(samplesOf(text).filter((line) => line.startsWith("kafka_consumergroup_lag"))).toEqual([
      `kafka_consumergroup_lag{${group},partition="0",topic="gone"} -1`,
      `kafka_consumergroup_lag{${group},partition="0",topic="t"} 20`,
      `kafka_consumergroup_lag{${group},partition="1",topic="t"} 0`,
    ]);
  });

  it("names brokers as Prometheus knows them", () => {
    expect(text).toContain('kafka_log_dir_usable_bytes{node="kafka-broker-1"} 40\n');
    expect(text).toContain('kafka_log_dir_size_bytes{node="kafka-broker-1",topic="t"} 2048\n');
  });
});

describe("collecting", () => {
  it("goes on a clock of its own, says once why it fails, and shows no figures that are too old", async () => {
    vi.useFakeTimers({ now: 0 });
    try {
      let answer: () => Promise<string> = async () => "first";
      const changes: (string | undefined)[] = [];
      const collected = collection({
        collect: () => answer(),
        now: Date.now,
        onChange: (failure) => changes.push(failure),
      });
      expect(collected.current()).toEqual({ failure: "nothing was collected yet" });
      const stopping = new AbortController();
      const done = collected.run(stopping.signal);
      await vi.advanceTimersByTimeAsync(0);
      expect(collected.current()).toEqual({ text: "first" });
      answer = async () => "second";
      await vi.advanceTimersByTimeAsync(15_000);
      expect(collected.current()).toEqual({ text: "second" });
      answer = async () => {
        throw new Error("no broker answers");
      };
      await vi.advanceTimersByTimeAsync(59_000);
      expect(collected.current(), "still young enough").toEqual({ text: "second" });
      await vi.advanceTimersByTimeAsync(2_000);
      expect(collected.current()).toEqual({ failure: "no broker answers" });
      answer = async () => "third";
      await vi.advanceTimersByTimeAsync(15_000);
      expect(collected.current()).toEqual({ text: "third" });
      expect(changes).toEqual([undefined, "no broker answers", undefined]);
      stopping.abort();
      await vi.advanceTimersByTimeAsync(0);
      await done;
    } finally {
      vi.useRealTimers();
    }
  });
});
