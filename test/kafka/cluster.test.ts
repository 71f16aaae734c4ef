import { afterAll, describe, expect, it } from "vitest";
import { loadModel } from "../../components/model/load.ts";
import { expectRead } from "../../components/model/read.ts";
import { kafkaExporterMetrics } from "../../components/observability/exported/kafka-exporter.ts";
import {
  kafkaJvmMetrics,
  kafkaNodeMetrics,
  MAX_KAFKA_NODE_SERIES,
} from "../../components/observability/exported/kafka-nodes.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import { eventually } from "../platform/condition.ts";
import { kitJson, PROJECT_DIR } from "../platform/kit-command.ts";
import { status } from "../platform/processes.ts";
import { missingFrom, samplesOf } from "../platform/scrape.ts";
import { testPlatform } from "../platform/test-platform.ts";
import { adminClient } from "./clients.ts";

describe("the cluster as declared", async () => {
  const { model, stack } = expectRead(await loadModel(PROJECT_DIR, "local"));
  const plan = planPlatform(model, stack);
  const admin = adminClient(testPlatform());
  afterAll(() => admin.close());

  it("has nine brokers, three in each of three racks", async () => {
    const { brokers } = await admin.metadata({ topics: [] });
    const racks = Map.groupBy(brokers.values(), (broker) => ("rack" in broker ? String(broker.rack) : ""));
    expect(new Map([...racks].map(([rack, members]) => [rack, members.length]))).toEqual(
      new Map([
        ["zone-a", 3],
        ["zone-b", 3],
        ["zone-c", 3],
      ]),
    );
  });

  it("holds every declared topic with its partitions, a replica in every zone", async () => {
    const { topics, brokers } = await admin.metadata({
      topics: plan.topics.map((topic) => topic.name),
      forceUpdate: true,
    });
    const zoneOf = new Map([...brokers].map(([id, broker]) => [id, "rack" in broker ? String(broker.rack) : ""]));
    for (const planned of plan.topics) {
      const topic = topics.get(planned.name);
      expect(`${planned.name}: ${topic?.partitions.length} partitions`).toBe(
        `${planned.name}: ${planned.partitions} partitions`,
      );
      for (const partition of topic?.partitions ?? []) {
        expect(new Set(partition.replicas.map((replica) => zoneOf.get(replica))).size, `zones of ${planned.name}`).toBe(
          planned.replicationFactor,
        );
      }
    }
  });

  it("keeps the guarantees of production", async () => {
    const [broker] = await admin.describeConfigs({
      resources: [
        {
          resourceType: 4,
          resourceName: "0",
          configurationKeys: ["unclean.leader.election.enable", "auto.create.topics.enable", "min.insync.replicas"],
        },
      ],
    });
    const values = Object.fromEntries((broker?.configs ?? []).map((config) => [config.name, config.value]));
    expect(values).toEqual({
      "unclean.leader.election.enable": "false",
      "auto.create.topics.enable": "false",
      "min.insync.replicas": "2",
    });
  });

  it("shows the metrics that signals are computed from, on loopback alone", async () => {
    const { processes } = await status(testPlatform());
    const addresses = processes
      .filter(({ role }) => role === "broker" || role === "controller")
      .flatMap(({ ports }) => ports.filter(({ name }) => name === "metrics"));
    expect(addresses).toHaveLength(12);
    const scrapes = await Promise.all(
      addresses.map(async ({ host, port }) => {
        expect(host).toBe("127.0.0.1");
        return await (await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
      }),
    );
    const missing = missingFrom(scrapes, [...kafkaNodeMetrics.metrics, ...kafkaJvmMetrics.metrics]);
    // A principal is named once its quota was measured, a topic with its first failure.
    const byUse = /_throttle_time|_failedproducerequestspersec_total\{topic\}/;
    expect(missing.filter((name) => !byUse.test(name))).toEqual([]);
    for (const scrape of scrapes) expect(samplesOf(scrape).length).toBeLessThanOrEqual(MAX_KAFKA_NODE_SERIES);
  });

  it("is exported from outside: offsets, lag, sizes and certificates, a quarter of a minute old at most", async () => {
    // A group has a lag once it has committed an offset.
    expect((await kitJson<{ status: string }>(testPlatform(), ["order"])).status).toBe("confirmed");
    const { processes } = await status(testPlatform());
    const port = processes
      .find(({ name }) => name === "kafka-exporter")
      ?.ports.find(({ name }) => name === "metrics")?.port;
    const scrape = await eventually(
      "the exporter to have read the cluster with a group",
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        const text = await answer.text();
        return answer.ok && text.includes("kafka_consumergroup_lag{") ? text : undefined;
      },
      60_000,
    );
    expect(missingFrom([scrape], kafkaExporterMetrics.metrics)).toEqual([]);
    expect(scrape).not.toContain("apicurio-");
    const brokers = samplesOf(scrape).filter((line) => line.startsWith("kafka_log_dir_usable_bytes"));
    expect(brokers).toHaveLength(9);
    for (const planned of plan.topics)
      expect(
        samplesOf(scrape).filter(
          (line) => line.startsWith("kafka_topic_partition_current_offset") && line.includes(`topic="${planned.name}"`),
        ),
      ).toHaveLength(planned.partitions);
  });

  it("enforces a quota for every principal that has one", async () => {
    const entries = await admin.describeClientQuotas({ components: [{ entityType: "user", matchType: 2 }] });
    const actual = Object.fromEntries(
      entries.map((entry) => [
        entry.entity[0]?.entityName ?? "",
        Object.fromEntries(entry.values.map((value) => [value.key, value.value])),
      ]),
    );
    const expected = Object.fromEntries(
      plan.quotas.map((quota) => [
        quota.principal,
        {
          ...(quota.producerByteRate === undefined ? {} : { producer_byte_rate: quota.producerByteRate }),
          ...(quota.consumerByteRate === undefined ? {} : { consumer_byte_rate: quota.consumerByteRate }),
        },
      ]),
    );
    expect(actual).toEqual(expected);
  });
});
