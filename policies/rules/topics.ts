import * as z from "zod";
import { isSmall } from "../../components/model/stack/stack.ts";
import { formatDuration } from "../../components/model/values/duration.ts";
import { count } from "../../components/model/values/field-types.ts";
import { formatSize } from "../../components/model/values/size.ts";
import { type Rule, rule, ruleWith } from "../rule.ts";
import { configNumber } from "./configuration.ts";
import { duration, size } from "./parameters.ts";
import { placeOf } from "./places.ts";

const floor = (minimum: number) => count(1, 31, "Least min ISR.").default(minimum);

/** Rules on the shape of topics: partitions, copies, size of records. */
export const topicRules: readonly Rule[] = [
  ruleWith({
    id: "partition-count",
    subject: "topics",
    level: "warning",
    summary: "A topic has no fewer and no more partitions than the organisation allows.",
    rationale:
      "Partitions can't be lowered later, and each costs memory, files and recovery time on every broker that holds a copy.",
    parameters: z.strictObject({ min: z.int().min(1).default(1), max: z.int().min(1).default(120) }),
    wrong: { topic: "partitions: 1200" },
    right: { topic: "partitions: 12" },
    checks: ({ min, max }) => ({
      topic(topic) {
        const { kind, partitions } = topic;
        if (kind !== "event" || partitions === undefined || (partitions >= min && partitions <= max)) return undefined;
        return {
          message: `${partitions} partitions; allowed are ${min} to ${max}`,
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
      "Otherwise one zone leads more partitions than another, and carries more traffic. An environment that scales partitions is not judged.",
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
          message: `partitions go from ${was} down to ${topic.partitions}: the topic would be deleted with all its records`,
          fix: `set partitions back to ${was}, or declare a new topic and move its consumers there`,
          ...placeOf(topic, "partitions"),
        };
      },
    }),
  }),
  rule({
    id: "replication-change",
    subject: "topics",
    level: "error",
    summary: "The replication factor of a topic stays as it is.",
    rationale:
      "A change moves every byte of the topic between brokers; it is done as a reassignment with a throttle, not in passing.",
    wrong: { topic: "replicationFactor: 4", before: "replicationFactor: 3" },
    right: { topic: "replicationFactor: 3", before: "replicationFactor: 3" },
    checks: () => ({
      topic(topic, { before }) {
        const was = before(topic.name)?.replicationFactor;
        if (was === undefined || topic.replicationFactor === undefined || topic.replicationFactor === was)
          return undefined;
        return {
          message: `replicas go from ${was} to ${topic.replicationFactor}: every byte of the topic would be moved`,
          fix: `keep ${was}, or plan the reassignment with the platform's team`,
          ...placeOf(topic, "replicationFactor"),
        };
      },
    }),
  }),
  ruleWith({
    id: "replication-factor",
    subject: "topics",
    level: "error",
    summary: "A topic has at least as many copies as losses are to be survived, and no more than are paid for.",
    rationale:
      "With three copies one broker may fail while another is being restarted. A small environment, whose own factor is below 3, is not judged.",
    parameters: z.strictObject({ min: z.int().min(1).default(3), max: z.int().min(1).default(5) }),
    wrong: { topic: "replicationFactor: 2\nminInsyncReplicas: 1" },
    right: { topic: "replicationFactor: 3" },
    checks: ({ min, max }) => ({
      topic(topic, { stack }) {
        const { replicationFactor: factor } = topic;
        if (factor === undefined || isSmall(stack) || (factor >= min && factor <= max)) return undefined;
        return {
          message: `${factor} copies of each partition; allowed are ${min} to ${max}`,
          fix: `set replicationFactor from ${min} to ${max}, or leave it to the stack`,
          ...placeOf(topic, "replicationFactor"),
        };
      },
    }),
  }),
  rule({
    id: "replication-zones",
    subject: "topics",
    level: "warning",
    summary: "A topic has no more copies than there are zones.",
    rationale:
      "Two copies in one zone are lost together; the copy that is left over costs disk and network for nothing.",
    wrong: { topic: "replicationFactor: 4" },
    right: { topic: "replicationFactor: 3" },
    checks: () => ({
      topic(topic, { stack }) {
        const zones = stack.kafka.zones.length;
        const { replicationFactor: factor } = topic;
        if (factor === undefined || isSmall(stack) || factor <= zones) return undefined;
        return {
          message: `${factor} copies in ${zones} ${zones === 1 ? "zone" : "zones"}: some zone holds two`,
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
    summary: "A record is acknowledged by as many copies as the domain's criticality asks for.",
    rationale: "With min ISR 1 an acknowledged record can be on one disk only, and is lost with it.",
    parameters: z.strictObject({ low: floor(1), medium: floor(2), high: floor(2) }),
    wrong: { topic: "minInsyncReplicas: 1" },
    right: { topic: "minInsyncReplicas: 2" },
    checks: (floors) => ({
      topic(topic, { stack }) {
        const minimum = configNumber(topic, "min.insync.replicas");
        const criticality = topic.declaration?.criticality ?? "medium";
        if (minimum === undefined || isSmall(stack) || minimum >= floors[criticality]) return undefined;
        return {
          message: `min ISR ${minimum}; criticality ${criticality} asks for ${floors[criticality]}`,
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
    summary: "Records stay small.",
    rationale:
      "Large records fill page caches and fetch buffers of everybody on the broker. Above the limit the body belongs in an object store, and a reference to it in the record.",
    parameters: z.strictObject({ max: size("Largest record.").prefault("1MB") }),
    wrong: { topic: "maxMessage: 5MiB" },
    right: { topic: "maxMessage: 500kB" },
    checks: ({ max }) => ({
      topic(topic) {
        const size = configNumber(topic, "max.message.bytes");
        if (topic.kind !== "event" || size === undefined || size <= max) return undefined;
        return {
          message: `records up to ${formatSize(size)}; the limit is ${formatSize(max)}`,
          fix: "store the body elsewhere and send its address, or lower maxMessage",
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
    rationale: "Without a key the events of one entity land in different partitions, and are read in any order.",
    wrong: { topic: "key: null" },
    right: { topic: "key: orderId" },
    checks: () => ({
      topic({ declaration }) {
        if (declaration === undefined || declaration.key !== undefined || declaration.events.length < 2)
          return undefined;
        return {
          message: `${declaration.events.length} event types and no key: their order is not kept`,
          fix: "add key: with the field that names the entity",
        };
      },
    }),
  }),
  rule({
    id: "compact-key",
    subject: "topics",
    level: "error",
    summary: "A compacted topic has a key.",
    rationale: "Compaction keeps the last record of each key; brokers refuse records without one.",
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
    summary: "A compacted topic says how long it keeps the records that delete a key.",
    rationale: "A consumer that was away for longer never learns of the deletion, and keeps what should be gone.",
    parameters: z.strictObject({ min: duration("Least retention of deletions.").prefault("1d") }),
    wrong: { topic: "cleanup: compact" },
    right: { topic: "cleanup: compact\ntombstoneRetention: 2d" },
    checks: ({ min }) => ({
      topic(topic) {
        if (topic.kind !== "event" || topic.config?.["cleanup.policy"]?.includes("compact") !== true) return undefined;
        const kept = configNumber(topic, "delete.retention.ms");
        if (kept !== undefined && kept >= min) return undefined;
        const message =
          kept === undefined
            ? "compacted, without a retention of deletions"
            : `deletions are kept ${formatDuration(kept)}; at least ${formatDuration(min)} are wanted`;
        return {
          message,
          fix: `set tombstoneRetention to ${formatDuration(min)} or more`,
          ...placeOf(topic, kept === undefined ? "cleanup" : "tombstoneRetention"),
        };
      },
    }),
  }),
];
