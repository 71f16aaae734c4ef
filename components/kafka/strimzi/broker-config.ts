import type { StackSettings } from "../../model/stack/stack.ts";

/**
 * The `config` of the brokers. Settings of the stack come first and cannot be overridden: the model refuses
 * those keys among `extra`.
 * @param brokers - Number of brokers; bounds the replication of Kafka's own topics.
 * @param remoteStorage - Whether the brokers have tiered storage, whose metadata lies in a topic of its own. Default: no.
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
