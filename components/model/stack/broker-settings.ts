/**
 * Decides which broker settings a stack may add. Strimzi drops the settings that it owns, with only a line in its log.
 * The kit's own settings have one location in the stack. Both are refused with the setting to use instead.
 */

/** Why a setting is refused, and what to do instead. */
export interface RefusedSetting {
  readonly reason: string;
  readonly fix: string;
}

/** Settings that follow from another key of the stack, or that cannot be changed. */
const OWNED: Readonly<Record<string, string>> = {
  "default.replication.factor": "set topics.replicationFactor",
  "offsets.topic.replication.factor": "set topics.replicationFactor",
  "transaction.state.log.replication.factor": "set topics.replicationFactor",
  "share.coordinator.state.topic.replication.factor": "set topics.replicationFactor",
  "min.insync.replicas": "set topics.minInsyncReplicas",
  "transaction.state.log.min.isr": "set topics.minInsyncReplicas",
  "share.coordinator.state.topic.min.isr": "set topics.minInsyncReplicas",
  "compression.type": "set topics.compression",
  "log.retention.ms": "set topics.retention",
  "log.retention.minutes": "set topics.retention",
  "log.retention.hours": "set topics.retention",
  "auto.create.topics.enable": "delete it: topics are declared in topics/",
  "unclean.leader.election.enable": "delete it: it would lose acknowledged records",
  "replica.selector.class": "delete it: consumers read from their own zone",
  "allow.everyone.if.no.acl.found": "delete it: a principal without an ACL has no access",
  "remote.log.storage.system.enable": "set kubernetes.kafka.remoteStorage",
  "rlmm.config.remote.log.metadata.topic.replication.factor": "set topics.replicationFactor",
  "broker.rack": "set kubernetes.kafka.topologyKey",
};

/** Prefixes that the operator of Strimzi 1.2.0 drops, with the setting to use instead. */
const DROPPED: readonly (readonly [prefix: string, fix: string])[] = [
  ["listeners", "use kubernetes.kafka.adminListener and kubernetes.kafka.external"],
  ["advertised.", "use kubernetes.kafka.external"],
  ["broker.", "delete it: the operator numbers brokers"],
  ["listener.", "use kubernetes.kafka.adminListener and kubernetes.kafka.external"],
  ["host.name", "delete it"],
  ["port", "delete it"],
  ["inter.broker.listener.name", "delete it: brokers talk over mutual TLS on a listener of the operator's"],
  ["sasl.", "delete it: services use SCRAM-SHA-512"],
  ["ssl.", "delete it: the operator issues the brokers' certificates"],
  ["security.", "delete it"],
  ["password.", "delete it"],
  ["log.dir", "use kubernetes.kafka.broker.volumes"],
  ["zookeeper.", "delete it: there is no ZooKeeper"],
  ["authorizer.", "delete it: access follows from topics/"],
  ["super.user", "delete it: the platform's admin is the only one"],
  ["cruise.control.metrics.topic", "delete it"],
  ["cruise.control.metrics.reporter.bootstrap.servers", "delete it"],
  ["node.id", "delete it: the operator numbers brokers"],
  ["process.roles", "delete it: pools have roles"],
  ["controller.", "use kafka.controllers of the stack"],
  ["metadata.log.dir", "delete it"],
  ["client.quota.callback.", "use quotas: of the stack and of topics/"],
  ["prometheus.metrics.reporter.", "delete it"],
  ["cordoned.log.dirs", "delete it"],
];

/** Settings with a dropped prefix that the operator still passes on. */
const PASSED: ReadonlySet<string> = new Set([
  "sasl.server.max.receive.size",
  "ssl.cipher.suites",
  "ssl.protocol",
  "ssl.enabled.protocols",
  "ssl.secure.random.implementation",
  "cruise.control.metrics.topic.num.partitions",
  "cruise.control.metrics.topic.replication.factor",
  "cruise.control.metrics.topic.retention.ms",
  "cruise.control.metrics.topic.auto.create.retries",
  "cruise.control.metrics.topic.auto.create.timeout.ms",
  "cruise.control.metrics.topic.min.insync.replicas",
  "broker.session.timeout.ms",
  "broker.heartbeat.interval.ms",
  "controller.socket.timeout.ms",
  "controller.quorum.election.backoff.max.ms",
  "controller.quorum.election.timeout.ms",
  "controller.quorum.fetch.timeout.ms",
]);

/** Returns why a broker setting may not be set by hand; undefined if it may. */
export function refusedBrokerSetting(key: string): RefusedSetting | undefined {
  const owned = Object.hasOwn(OWNED, key) ? OWNED[key] : undefined;
  if (owned !== undefined) return { reason: "the kit sets it itself", fix: owned };
  if (PASSED.has(key)) return undefined;
  const dropped = DROPPED.find(([prefix]) => key.toLowerCase().startsWith(prefix));
  return dropped === undefined
    ? undefined
    : {
        reason: `Strimzi owns settings that begin with ${dropped[0]} and would drop it with nothing but a line in its log`,
        fix: dropped[1],
      };
}
