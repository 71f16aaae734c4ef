import { formatDuration } from "../model/duration.ts";
import { deadLetterTopicName, retryTopicName } from "../model/names.ts";
import { scalePartitions } from "../model/partitions.ts";
import { compareText } from "../model/problem.ts";
import { brokerCount, isSmall, type StackSettings } from "../model/stack.ts";
import type { Cleanup, Compression, TopicDeclaration } from "../model/types.ts";
import { planRegistryTopics } from "./registry.ts";
import type { ConsumerGroup, Topology } from "./topology.ts";
import type { PlannedTopic } from "./types.ts";

/** Partitions of a dead-letter topic at full size: it holds few records, read by hand or by replay. */
export const deadLetterPartitions = 3;
/** Partitions of a delayed-retry topic at full size. */
export const retryPartitions = 6;
/** Least retention of a dead-letter topic in ms: time to find, mend and replay. */
export const deadLetterRetention = 30 * 86_400_000;
/** Room for the headers that a record gains on its way to a dead-letter or retry topic, in bytes. */
export const deadLetterHeadroom = 64 * 1_024;

/** All topics: declared ones, a dead-letter and the retry topics of each consumer group, and the registry's. Sorted by name. */
export function planTopics(topology: Topology, stack: StackSettings): PlannedTopic[] {
  const planned = topology.topics.map((topic) => planDeclaredTopic(topic, stack));
  const derived = [...topology.groups.values()].flatMap((group) => planDerivedTopics(group, stack));
  const registry = planRegistryTopics(replication({}, stack));
  return [...planned, ...derived, ...registry].sort((a, b) => compareText(a.name, b.name));
}

function planDeclaredTopic(topic: TopicDeclaration, stack: StackSettings): PlannedTopic {
  const replicas = replication(topic, stack);
  return {
    name: topic.name,
    kind: "event",
    domain: topic.domain,
    owner: topic.owner.team,
    partitions: scalePartitions(topic.partitions, stack.topics.partitionFactor),
    replicationFactor: replicas.factor,
    config: topicConfig({
      cleanup: topic.cleanup ?? "delete",
      compression: topic.compression ?? stack.topics.compression,
      maxMessage: topic.maxMessage ?? stack.topics.maxMessage,
      minInsyncReplicas: replicas.minInsync,
      retention: topic.retention ?? stack.topics.retention,
      retentionBytes: topic.retentionBytes,
      tombstoneRetention: topic.tombstoneRetention,
    }),
    source: topic.source,
  };
}

function planDerivedTopics(group: ConsumerGroup, stack: StackSettings): PlannedTopic[] {
  const replicas = replication({}, stack);
  const sources = group.consumptions.map(({ topic }) => topic);
  const maxMessage = Math.max(...sources.map((topic) => topic.maxMessage ?? stack.topics.maxMessage)) + deadLetterHeadroom;
  const retention = deadLetterRetentionOf(group, stack);
  const common = { domain: group.domain, owner: group.team, replicationFactor: replicas.factor, source: group.source };
  const config = topicConfig({ cleanup: "delete", compression: stack.topics.compression, maxMessage, minInsyncReplicas: replicas.minInsync, retention, retentionBytes: undefined, tombstoneRetention: undefined });
  return [
    { ...common, name: deadLetterTopicName(group.service), kind: "dead-letter", partitions: scalePartitions(deadLetterPartitions, stack.topics.partitionFactor), config },
    ...group.retryDelays.map((delay) => ({
      ...common,
      name: retryTopicName(group.service, formatDuration(delay)),
      kind: "retry" as const,
      partitions: scalePartitions(retryPartitions, stack.topics.partitionFactor),
      config,
    })),
  ];
}

/** Retention of a group's dead-letter and retry topics in ms. A dead letter outlives its source, or a record could be lost that is still to be replayed. */
export function deadLetterRetentionOf(group: ConsumerGroup, stack: StackSettings): number {
  const retentions = group.consumptions.map(({ topic }) => topic.retention ?? stack.topics.retention);
  // A topic that is kept for ever does not make other teams' dead-letter topics grow without end.
  return Math.max(deadLetterRetention, ...retentions.filter((retention) => retention >= 0));
}

/** Replicas and min ISR, scaled to an environment with fewer brokers or replicas than the topic asks for. */
function replication(topic: { readonly replicationFactor?: number; readonly minInsyncReplicas?: number }, stack: StackSettings): { factor: number; minInsync: number } {
  const wanted = topic.replicationFactor ?? stack.topics.replicationFactor;
  const factor = Math.min(wanted, isSmall(stack) ? stack.topics.replicationFactor : brokerCount(stack));
  const minInsync = Math.min(topic.minInsyncReplicas ?? stack.topics.minInsyncReplicas, Math.max(1, factor - 1));
  return { factor, minInsync };
}

interface TopicSettings {
  readonly cleanup: Cleanup;
  readonly compression: Compression;
  readonly maxMessage: number;
  readonly minInsyncReplicas: number;
  readonly retention: number;
  readonly retentionBytes: number | undefined;
  readonly tombstoneRetention: number | undefined;
}

/** Keys of a topic's configuration that the files can say. */
export const topicConfigKeys: ReadonlySet<string> = new Set([
  "cleanup.policy", "compression.type", "delete.retention.ms", "max.message.bytes", "min.insync.replicas", "retention.bytes", "retention.ms",
]);

/** Kafka's topic configuration, every key the kit stands for set explicitly: a broker's default then changes nothing. */
function topicConfig(settings: TopicSettings): Record<string, string> {
  return {
    "cleanup.policy": settings.cleanup,
    "compression.type": settings.compression,
    ...(settings.tombstoneRetention === undefined ? {} : { "delete.retention.ms": String(settings.tombstoneRetention) }),
    "max.message.bytes": String(settings.maxMessage),
    "min.insync.replicas": String(settings.minInsyncReplicas),
    ...(settings.retentionBytes === undefined ? {} : { "retention.bytes": String(settings.retentionBytes) }),
    "retention.ms": String(settings.retention),
  };
}
