import type { StackSettings } from "../../model/stack/stack.ts";

/**
 * Returns the `config` of the brokers. The stack's settings come first and cannot be overridden, because the model
 * refuses their keys in `extra`.
 * @param brokers - Number of brokers, which limits the replication of Kafka's internal topics.
 * @param remoteStorage - Whether the brokers have tiered storage, which keeps its metadata in an internal topic.
 * Default: no.
 */
export function brokerConfig(
  topics: StackSettings["topics"],
  brokers: number,
  extra: Readonly<Record<string, string | number | boolean>>,
  remoteStorage = false,
): Record<string, string | number | boolean> {
  const replicas = Math.min(topics.replicationFactor, brokers);
  return {
    ...extra,
    "default.replication.factor": replicas,
    "min.insync.replicas": topics.minInsyncReplicas,
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": topics.minInsyncReplicas,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": topics.minInsyncReplicas,
    ...(remoteStorage ? { "rlmm.config.remote.log.metadata.topic.replication.factor": replicas } : {}),
    "auto.create.topics.enable": false,
    "unclean.leader.election.enable": false,
    "compression.type": topics.compression,
    "log.retention.ms": topics.retention,
    "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector",
  };
}
