/** Common name of the certificates of brokers and controllers. It makes them super users. */
export const NODE_PRINCIPAL = "kafka-node";

/**
 * Kafka converts a PEM key to a password-protected store in memory, once per listener and network thread. Java's 10,000
 * rounds of key stretching protect nothing there, and took a quarter of a node's start (12 nodes: 16.3 s -> 12.0 s).
 */
export const KEY_STORE_IN_MEMORY = "-Dkeystore.pkcs12.keyPbeIterationCount=1";

/** Input of one node's configuration. */
export interface NodePropertiesInput {
  readonly node: {
    readonly id: number;
    readonly role: "broker" | "controller";
    /** Zone of the node. It is the rack of a broker. */
    readonly zone: string;
  };
  readonly host: string;
  /** Ports of the controller listeners by node id, for all controllers. */
  readonly controllerPorts: ReadonlyMap<number, number>;
  /** Ports of this broker's listeners. Absent for a controller. */
  readonly brokerPorts?: { readonly client: number; readonly internal: number };
  readonly dataDir: string;
  /** PEM file: private key, certificate, issuer. */
  readonly keystore: string;
  /** PEM file: the certificates of the cluster's and the clients' authorities. */
  readonly truststore: string;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly brokerCount: number;
  /** Super users besides the nodes: the administrators. */
  readonly administrators: readonly string[];
  /** Metrics of the node for Prometheus. Default: none. */
  readonly metrics?: NodeMetrics;
}

/** Metrics of a node, exported by Strimzi's metrics reporter. */
export interface NodeMetrics {
  readonly port: number;
  /** Names, or patterns of names, without a counter's suffix. The JVM's metrics are always exported. */
  readonly allowList: readonly string[];
}

/**
 * Settings for twelve nodes on one small machine. They change sizes and pauses, never guarantees: the settings for
 * acknowledgement, replication and election are those of production.
 */
const SMALL_MACHINE = {
  // A heap of 160 MB cannot hold the default buffer of 128 MB, and Kafka refuses to start with it.
  "log.cleaner.dedupe.buffer.size": 8_388_608,
  "num.network.threads": 2,
  "num.io.threads": 4,
  "num.recovery.threads.per.data.dir": 1,
  "background.threads": 2,
  "log.index.size.max.bytes": 1_048_576,
  // How long an idle follower's fetch waits at the leader. New records end the wait at once. Nine brokers fetch from
  // each other.
  "replica.fetch.wait.max.ms": 5_000,
  // Without the second compiler, Java runs AES as bytecode only: 45 µs for 1,500 bytes, while ChaCha20 takes 12 µs.
  // Both are TLS 1.3's own.
  "ssl.cipher.suites": "TLS_CHACHA20_POLY1305_SHA256,TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384",
  "socket.send.buffer.bytes": -1,
  "socket.receive.buffer.bytes": -1,
} as const;

/** Returns the `server.properties` of one node. Keys have a fixed order, so an unchanged node has an unchanged file. */
export function nodeProperties(input: NodePropertiesInput): string {
  const { node, host } = input;
  const voters = [...input.controllerPorts].sort(([a], [b]) => a - b).map(([id, port]) => `${id}@${host}:${port}`);
  const replication = Math.min(input.replicationFactor, input.brokerCount);
  const properties: Record<string, string | number | boolean> = {
    "process.roles": node.role,
    "node.id": node.id,
    "controller.quorum.voters": voters.join(","),
    "controller.listener.names": "CONTROLLER",
    ...listeners(input),
    "listener.security.protocol.map": "CLIENT:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": input.keystore,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": input.truststore,
    "ssl.endpoint.identification.algorithm": "https",
    "ssl.enabled.protocols": "TLSv1.3",
    "ssl.principal.mapping.rules": "RULE:^CN=([^,]+)(,.*)?$/$1/",
    "listener.name.controller.ssl.client.auth": "required",
    "listener.name.internal.ssl.client.auth": "required",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": false,
    "super.users": [NODE_PRINCIPAL, ...input.administrators].map((name) => `User:${name}`).join(";"),
    "log.dirs": input.dataDir,
    "auto.create.topics.enable": false,
    "unclean.leader.election.enable": false,
    "min.insync.replicas": input.minInsyncReplicas,
    "offsets.topic.replication.factor": replication,
    "transaction.state.log.replication.factor": replication,
    "transaction.state.log.min.isr": input.minInsyncReplicas,
    "share.coordinator.state.topic.replication.factor": replication,
    "share.coordinator.state.topic.min.isr": input.minInsyncReplicas,
    // There are few groups. 50 partitions (Kafka's default) would only add start-up time.
    "offsets.topic.num.partitions": 9,
    "transaction.state.log.num.partitions": 9,
    "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector",
    "group.initial.rebalance.delay.ms": 0,
    ...(node.role === "controller"
      ? // Every admin request pays the default of 25 ms (measured: 1,000 creates 29 s -> 2.5 s).
        { "controller.quorum.append.linger.ms": 0, "default.replication.factor": replication }
      : { "broker.rack": node.zone }),
    ...(input.metrics === undefined ? {} : reporter(host, input.metrics)),
    ...SMALL_MACHINE,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

/**
 * Returns the settings of the metrics reporters. Kafka has two metrics libraries with one reporter each. They replace
 * the JMX reporter, which nothing here uses. The listener has neither TLS nor authentication, so it must be on
 * loopback.
 */
function reporter(host: string, { port, allowList }: NodeMetrics): Record<string, string | boolean> {
  return {
    "metric.reporters": "io.strimzi.kafka.metrics.KafkaPrometheusMetricsReporter",
    "kafka.metrics.reporters": "io.strimzi.kafka.metrics.YammerPrometheusMetricsReporter",
    "prometheus.metrics.reporter.listener.enable": true,
    "prometheus.metrics.reporter.listener": `http://${host}:${port}`,
    "prometheus.metrics.reporter.allowlist": allowList.join(","),
  };
}

function listeners(input: NodePropertiesInput): Record<string, string> {
  const { node, host, brokerPorts } = input;
  if (node.role === "controller") {
    return { listeners: `CONTROLLER://${host}:${input.controllerPorts.get(node.id)}` };
  }
  if (brokerPorts === undefined) throw new Error(`Broker ${node.id} has no listener ports.`);
  const addresses = `CLIENT://${host}:${brokerPorts.client},INTERNAL://${host}:${brokerPorts.internal}`;
  return {
    listeners: addresses,
    "advertised.listeners": addresses,
    "inter.broker.listener.name": "INTERNAL",
    "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.client.scram-sha-512.sasl.jaas.config":
      "org.apache.kafka.common.security.scram.ScramLoginModule required;",
  };
}
