import * as z from "zod";
import { isSmall } from "../../components/model/stack/stack.ts";
import { formatDuration } from "../../components/model/values/duration.ts";
import { count } from "../../components/model/values/field-types.ts";
import { formatSize } from "../../components/model/values/size.ts";
import { type Rule, rule, ruleWith } from "../rule.ts";
import { configNumber } from "./configuration.ts";
import { duration, size } from "./parameters.ts";
import { placeOf } from "./places.ts";

const floor = (minimum: number) => count(1, 31, "Minimum min ISR.").default(minimum);

/** Rules on the shape of topics: partitions, replicas, record size. */
export const topicRules: readonly Rule[] = [
  ruleWith({
    id: "partition-count",
    subject: "topics",
    level: "warning",
    summary: "A topic's number of partitions is in the range that the organisation allows.",
    rationale:
      "The number of partitions can't be lowered later, and each partition costs memory, files and recovery time on every broker with a replica.",
    parameters: z.strictObject({ min: z.int().min(1).default(1), max: z.int().min(1).default(120) }),
    wrong: { topic: "partitions: 1200" },
    right: { topic: "partitions: 12" },
    checks: ({ min, max }) => ({
      topic(topic) {
        const { kind, partitions } = topic;
        if (kind !== "event" || partitions === undefined || (partitions >= min && partitions <= max)) return undefined;
        return {
          message: `${partitions} partitions; the allowed range is ${min} to ${max}`,
          fix: `choose a number from ${min} to ${max}`,
          ...placeOf(topic, "partitions"),
        };
      },
    }),
  }),
  rule({
    id: "partitions-per-zone",
    subject: "topics",
    level: "warning",
    summary: "The number of partitions is a multiple of the number of zones.",
    rationale:
      "Otherwise one zone leads more partitions than another and has more traffic. The rule does not apply to an environment that scales partitions.",
    wrong: { topic: "partitions: 10" },
    right: { topic: "partitions: 12" },
    checks: () => ({
      topic(topic, { stack }) {
        const zones = stack.kafka.zones.length;
        const { kind, partitions } = topic;
        if (
          kind !== "event" ||
          partitions === undefined ||
          stack.topics.partitionFactor !== 1 ||
          partitions % zones === 0
        )
          return undefined;
        const more = Math.ceil(partitions / zones) * zones;
        return {
          message: `${partitions} partitions can't be spread evenly over ${zones} zones`,
          fix: `choose ${more}`,
          ...placeOf(topic, "partitions"),
        };
      },
    }),
  }),
  rule({
    id: "partition-decrease",
    subject: "topics",
    level: "error",
    summary: "The number of partitions is never lowered.",
    rationale: "Kafka can't lower it: the topic would be deleted with all its records and recreated.",
    wrong: { topic: "partitions: 12", before: "partitions: 30" },
    right: { topic: "partitions: 30", before: "partitions: 12" },
    checks: () => ({
      topic(topic, { before }) {
        const was = before(topic.name)?.partitions;
        if (was === undefined || topic.partitions === undefined || topic.partitions >= was) return undefined;
        return {
          message: `partitions are reduced from ${was} to ${topic.partitions}: the topic would be deleted with all its records`,
          fix: `set partitions back to ${was}, or declare a new topic and migrate its consumers`,
          ...placeOf(topic, "partitions"),
        };
      },
    }),
  }),
  rule({
    id: "replication-change",
    subject: "topics",
    level: "error",
    summary: "The replication factor of a topic does not change.",
    rationale: "A change moves all data of the topic between brokers; do it as a throttled reassignment.",
    wrong: { topic: "replicationFactor: 4", before: "replicationFactor: 3" },
    right: { topic: "replicationFactor: 3", before: "replicationFactor: 3" },
    checks: () => ({
      topic(topic, { before }) {
        const was = before(topic.name)?.replicationFactor;
        if (was === undefined || topic.replicationFactor === undefined || topic.replicationFactor === was)
          return undefined;
        return {
          message: `replicas change from ${was} to ${topic.replicationFactor}: all data of the topic would be moved`,
          fix: `keep ${was}, or plan the reassignment with the platform team`,
          ...placeOf(topic, "replicationFactor"),
        };
      },
    }),
  }),
  ruleWith({
    id: "replication-factor",
    subject: "topics",
    level: "error",
    summary: "A topic's replication factor is in the range that the organisation allows.",
    rationale:
      "With three replicas, one broker may fail while another restarts. The rule does not apply to a small environment whose own factor is below 3.",
    parameters: z.strictObject({ min: z.int().min(1).default(3), max: z.int().min(1).default(5) }),
    wrong: { topic: "replicationFactor: 2\nminInsyncReplicas: 1" },
    right: { topic: "replicationFactor: 3" },
    checks: ({ min, max }) => ({
      topic(topic, { stack }) {
        const { replicationFactor: factor } = topic;
        if (factor === undefined || isSmall(stack) || (factor >= min && factor <= max)) return undefined;
        return {
          message: `${factor} replicas of each partition; the allowed range is ${min} to ${max}`,
          fix: `set replicationFactor to ${min} to ${max}, or omit it to use the stack's`,
          ...placeOf(topic, "replicationFactor"),
        };
      },
    }),
  }),
  rule({
    id: "replication-zones",
    subject: "topics",
    level: "warning",
    summary: "A topic has at most one replica per zone.",
    rationale:
      "Two replicas in one zone are lost together, so the additional replica costs disk and network without a benefit.",
    wrong: { topic: "replicationFactor: 4" },
    right: { topic: "replicationFactor: 3" },
    checks: () => ({
      topic(topic, { stack }) {
        const zones = stack.kafka.zones.length;
        const { replicationFactor: factor } = topic;
        if (factor === undefined || isSmall(stack) || factor <= zones) return undefined;
        return {
          message: `${factor} replicas in ${zones} ${zones === 1 ? "zone" : "zones"}: some zone has two`,
          fix: `set replicationFactor to ${zones}`,
          ...placeOf(topic, "replicationFactor"),
        };
      },
    }),
  }),
  ruleWith({
    id: "min-isr-floor",
    subject: "topics",
    level: "error",
    summary: "A topic's min ISR meets the domain's criticality.",
    rationale: "With min ISR 1, an acknowledged record can be on only one disk and is lost with it.",
    parameters: z.strictObject({ low: floor(1), medium: floor(2), high: floor(2) }),
    wrong: { topic: "minInsyncReplicas: 1" },
    right: { topic: "minInsyncReplicas: 2" },
    checks: (floors) => ({
      topic(topic, { stack }) {
        const minimum = configNumber(topic, "min.insync.replicas");
        const criticality = topic.declaration?.criticality ?? "medium";
        if (minimum === undefined || isSmall(stack) || minimum >= floors[criticality]) return undefined;
        return {
          message: `min ISR ${minimum}; criticality ${criticality} requires ${floors[criticality]}`,
          fix: `set minInsyncReplicas to ${floors[criticality]}`,
          ...placeOf(topic, "minInsyncReplicas"),
        };
      },
    }),
  }),
  ruleWith({
    id: "message-size",
    subject: "topics",
    level: "warning",
    summary: "Records are small.",
    rationale:
      "Large records fill the page cache and the fetch buffers that all clients of the broker share. Above the limit, store the body in an object store and send a reference in the record.",
    parameters: z.strictObject({ max: size("Largest record.").prefault("1MB") }),
    wrong: { topic: "maxMessage: 5MiB" },
    right: { topic: "maxMessage: 500kB" },
    checks: ({ max }) => ({
      topic(topic) {
        const size = configNumber(topic, "max.message.bytes");
        if (topic.kind !== "event" || size === undefined || size <= max) return undefined;
        return {
          message: `records up to ${formatSize(size)}; the limit is ${formatSize(max)}`,
          fix: "use a claim check, or lower maxMessage",
          ...placeOf(topic, "maxMessage"),
        };
      },
    }),
  }),
  rule({
    id: "key-missing",
    subject: "topics",
    level: "warning",
    summary: "A topic with several event types has a key.",
    rationale:
      "Without a key, the events of one entity are in different partitions, and consumers read them in any order.",
    wrong: { topic: "key: null" },
    right: { topic: "key: orderId" },
    checks: () => ({
      topic({ declaration }) {
        if (declaration === undefined || declaration.key !== undefined || declaration.events.length < 2)
          return undefined;
        return {
          message: `${declaration.events.length} event types and no key: Kafka does not keep their order`,
          fix: "add key: with the field that identifies the entity",
        };
      },
    }),
  }),
  rule({
    id: "compact-key",
    subject: "topics",
    level: "error",
    summary: "A compacted topic has a key.",
    rationale: "Compaction keeps the last record of each key; brokers reject records without a key.",
    wrong: { topic: "cleanup: compact\nkey: null\ntombstoneRetention: 2d" },
    right: { topic: "cleanup: compact\nkey: orderId\ntombstoneRetention: 2d" },
    checks: () => ({
      topic(topic) {
        const { declaration, config } = topic;
        if (
          declaration === undefined ||
          declaration.key !== undefined ||
          config?.["cleanup.policy"]?.includes("compact") !== true
        )
          return undefined;
        return {
          message: "compacted, but its records have no key",
          fix: "add key:, or set cleanup to delete",
          ...placeOf(topic, "cleanup"),
        };
      },
    }),
  }),
  ruleWith({
    id: "compact-tombstones",
    subject: "topics",
    level: "warning",
    summary: "A compacted topic sets the retention of tombstones.",
    rationale: "A consumer that was down for longer misses the deletion and keeps deleted data.",
    parameters: z.strictObject({ min: duration("Minimum retention of tombstones.").prefault("1d") }),
    wrong: { topic: "cleanup: compact" },
    right: { topic: "cleanup: compact\ntombstoneRetention: 2d" },
    checks: ({ min }) => ({
      topic(topic) {
        if (topic.kind !== "event" || topic.config?.["cleanup.policy"]?.includes("compact") !== true) return undefined;
        const kept = configNumber(topic, "delete.retention.ms");
        if (kept !== undefined && kept >= min) return undefined;
        const message =
          kept === undefined
            ? "compacted, without tombstoneRetention"
            : `tombstones are kept for ${formatDuration(kept)}; the minimum is ${formatDuration(min)}`;
        return {
          message,
          fix: `set tombstoneRetention to ${formatDuration(min)} or more`,
          ...placeOf(topic, kept === undefined ? "cleanup" : "tombstoneRetention"),
        };
      },
    }),
  }),
];
