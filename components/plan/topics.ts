import { compareText } from "../model/problems/problem.ts";
import { brokerCount, hasRemoteStorage, isSmall, type StackSettings } from "../model/stack/stack.ts";
import { partitionsIn, scalePartitions } from "../model/topics/partitions.ts";
import type { Cleanup, Compression, TopicDeclaration } from "../model/types.ts";
import { formatDuration } from "../model/values/duration.ts";
import { deadLetterTopicName, retryTopicName } from "../model/values/names.ts";
import { segmentBytes, segmentMs } from "./capacity/segments.ts";
import { planRegistryTopics } from "./registry.ts";
import type { ConsumerGroup, Topology } from "./topology.ts";
import type { PlannedTopic } from "./types.ts";

/** Partitions of a dead-letter topic at full size. It holds few records, which users read or replay. */
export const deadLetterPartitions = 3;
/** Partitions of a delayed-retry topic at full size. */
export const retryPartitions = 6;
/** Minimum retention of a dead-letter topic in ms: the time to find a fault, fix it and replay the records. */
export const deadLetterRetention = 30 * 86_400_000;
/** Size in bytes of the headers that a record may gain on its way to a dead-letter or retry topic. */
export const deadLetterHeadroom = 64 * 1_024;

/**
 * Returns all topics, sorted by name: declared topics, the dead-letter topic and the retry topics of each consumer
 * group, and the registry's topics.
 */
export function planTopics(topology: Topology, stack: StackSettings): PlannedTopic[] {
  const planned = topology.topics.map((topic) => planDeclaredTopic(topic, stack));
  const derived = [...topology.groups.values()].flatMap((group) => planDerivedTopics(group, stack));
  const registry = planRegistryTopics(replication({}, stack));
  return [...planned, ...derived, ...registry].sort((a, b) => compareText(a.name, b.name));
}

function planDeclaredTopic(topic: TopicDeclaration, stack: StackSettings): PlannedTopic {
  return {
    name: topic.name,
    kind: "event",
    domain: topic.domain,
    owner: topic.owner.team,
    partitions: partitionsIn(topic, stack.topics.partitionFactor),
    replicationFactor: replication(topic, stack).factor,
    config: declaredConfig(topic, stack),
    source: topic.source,
  };
}

/** Returns Kafka's configuration of a declared topic. */
export function declaredConfig(topic: TopicDeclaration, stack: StackSettings): Record<string, string> {
  return topicConfig(
    {
      cleanup: topic.cleanup ?? "delete",
      compression: topic.compression ?? stack.topics.compression,
      maxMessage: topic.maxMessage ?? stack.topics.maxMessage,
      minInsyncReplicas: replication(topic, stack).minInsync,
      retention: topic.retention ?? stack.topics.retention,
      ...declaredSettings(topic),
    },
    stack,
  );
}

function declaredSettings(topic: TopicDeclaration): Pick<TopicDeclaration, (typeof passedOn)[number]> {
  return Object.fromEntries(
    passedOn.flatMap((setting) => (topic[setting] === undefined ? [] : [[setting, topic[setting]]])),
  );
}

function planDerivedTopics(group: ConsumerGroup, stack: StackSettings): PlannedTopic[] {
  const common = {
    domain: group.domain,
    owner: group.team,
    replicationFactor: replication({}, stack).factor,
    source: group.source,
  };
  const config = derivedConfig(group, stack);
  return [
    {
      ...common,
      name: deadLetterTopicName(group.service),
      kind: "dead-letter",
      partitions: scalePartitions(deadLetterPartitions, stack.topics.partitionFactor),
      config,
    },
    ...group.retryDelays.map((delay) => ({
      ...common,
      name: retryTopicName(group.service, formatDuration(delay)),
      kind: "retry" as const,
      partitions: scalePartitions(retryPartitions, stack.topics.partitionFactor),
      config,
    })),
  ];
}

/** Returns Kafka's configuration of a group's dead-letter and retry topics. */
export function derivedConfig(group: ConsumerGroup, stack: StackSettings): Record<string, string> {
  const sources = group.consumptions.map(({ topic }) => topic);
  const maxMessage =
    Math.max(...sources.map((topic) => topic.maxMessage ?? stack.topics.maxMessage)) + deadLetterHeadroom;
  return topicConfig(
    {
      cleanup: "delete",
      compression: stack.topics.compression,
      maxMessage,
      minInsyncReplicas: replication({}, stack).minInsync,
      retention: deadLetterRetentionOf(group, stack),
    },
    stack,
  );
}

/**
 * Returns the retention of a group's dead-letter and retry topics in ms. A dead-letter record is kept at least as long
 * as its source. Otherwise a record could be lost before its replay.
 */
export function deadLetterRetentionOf(group: ConsumerGroup, stack: StackSettings): number {
  const retentions = group.consumptions.map(({ topic }) => topic.retention ?? stack.topics.retention);
  // A topic that is kept forever does not make the dead-letter topics of other teams grow without a limit.
  return Math.max(deadLetterRetention, ...retentions.filter((retention) => retention >= 0));
}

/**
 * Returns replicas and min ISR, limited to what an environment with fewer brokers or replicas than the topic declares
 * can provide.
 */
function replication(
  topic: { readonly replicationFactor?: number; readonly minInsyncReplicas?: number },
  stack: StackSettings,
): { factor: number; minInsync: number } {
  const wanted = topic.replicationFactor ?? stack.topics.replicationFactor;
  const factor = Math.min(wanted, isSmall(stack) ? stack.topics.replicationFactor : brokerCount(stack));
  const minInsync = Math.min(topic.minInsyncReplicas ?? stack.topics.minInsyncReplicas, Math.max(1, factor - 1));
  return { factor, minInsync };
}

/** Settings of a topic that become its configuration, in the units of the model. */
interface TopicSettings extends Pick<TopicDeclaration, (typeof passedOn)[number]> {
  readonly cleanup: Cleanup;
  readonly compression: Compression;
  readonly maxMessage: number;
  readonly minInsyncReplicas: number;
  readonly retention: number;
}

/** Settings that a topic has only if it declares them. */
const passedOn = [
  "retentionBytes",
  "segmentAge",
  "segmentSize",
  "tombstoneRetention",
  "minCompactionLag",
  "maxCompactionLag",
  "dirtyRatio",
  "timestampType",
  "remoteStorage",
  "localRetention",
  "localRetentionBytes",
] as const;

/** Keys of a topic's configuration that the files can set. */
export const topicConfigKeys: ReadonlySet<string> = new Set([
  "cleanup.policy",
  "compression.type",
  "delete.retention.ms",
  "local.retention.bytes",
  "local.retention.ms",
  "max.compaction.lag.ms",
  "max.message.bytes",
  "message.timestamp.type",
  "min.cleanable.dirty.ratio",
  "min.compaction.lag.ms",
  "min.insync.replicas",
  "remote.log.copy.disable",
  "remote.log.delete.on.disable",
  "remote.storage.enable",
  "retention.bytes",
  "retention.ms",
  "segment.bytes",
  "segment.ms",
]);

/**
 * Returns Kafka's topic configuration. Every key that the kit manages is set explicitly, so that a broker's default
 * changes nothing.
 */
function topicConfig(settings: TopicSettings, stack: StackSettings): Record<string, string> {
  const config: readonly (readonly [key: string, value: string | number | undefined])[] = [
    ["cleanup.policy", settings.cleanup],
    ["compression.type", settings.compression],
    ["delete.retention.ms", settings.tombstoneRetention],
    ["max.compaction.lag.ms", settings.maxCompactionLag],
    ["max.message.bytes", settings.maxMessage],
    ["message.timestamp.type", settings.timestampType],
    ["min.cleanable.dirty.ratio", settings.dirtyRatio],
    ["min.compaction.lag.ms", settings.minCompactionLag],
    ["min.insync.replicas", settings.minInsyncReplicas],
    ["retention.bytes", settings.retentionBytes],
    ["retention.ms", settings.retention],
    ["segment.bytes", segmentBytes(settings)],
    ["segment.ms", segmentMs(settings)],
    ...(hasRemoteStorage(stack) ? remoteConfig(settings) : []),
  ];
  return Object.fromEntries(config.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])));
}

/** Returns the configuration of tiered storage. Kafka can disable it only if it also deletes the stored segments. */
function remoteConfig({
  remoteStorage,
  localRetention,
  localRetentionBytes,
  retention,
  retentionBytes,
}: TopicSettings): readonly (readonly [key: string, value: string | number | undefined])[] {
  switch (remoteStorage) {
    case "enabled":
      return [
        ["local.retention.bytes", within(localRetentionBytes, retentionBytes)],
        ["local.retention.ms", within(localRetention, retention)],
        ["remote.storage.enable", "true"],
      ];
    case "read-only":
      return [
        ["remote.log.copy.disable", "true"],
        ["remote.storage.enable", "true"],
      ];
    case "disabled":
      return [
        ["remote.log.delete.on.disable", "true"],
        ["remote.storage.enable", "false"],
      ];
    default:
      return [];
  }
}

/**
 * Returns a limit, capped by another one if there is one. In a small environment the stack's retention may be the
 * shorter one.
 */
function within(limit: number | undefined, whole = -1): number | undefined {
  return limit === undefined || whole < 0 ? limit : Math.min(limit, whole);
}
