import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { KEY_STORE_IN_MEMORY, NODE_PRINCIPAL, nodeProperties } from "../../toolchain/servers/kafka-node-properties.ts";
import type { KafkaServer } from "../../toolchain/servers/local-servers.ts";
import { ADMIN_PRINCIPAL, type AdminIdentity } from "../certificates/admin-identity.ts";
import type { PlatformAuthorities } from "../certificates/authorities.ts";
import { KitComponent } from "../component.ts";
import type { LocalLayout } from "../local/layout.ts";
import { LOOPBACK } from "../local/layout.ts";
import type { LocalPorts } from "../local/ports.ts";
import { KAFKA_NODE_ALLOW_LIST } from "../observability/exported/kafka-nodes.ts";
import { Password, Process } from "../provider/resources.ts";
import { localBootstrap } from "./client-addresses.ts";
import type { KafkaCluster } from "./cluster.ts";
import type { ClusterShape, KafkaNode } from "./nodes.ts";
import { clusterNodes } from "./nodes.ts";

/** Arguments of {@link LocalKafkaCluster}. */
export interface LocalKafkaClusterArgs {
  readonly shape: ClusterShape;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly server: KafkaServer;
  readonly layout: LocalLayout;
  readonly ports: LocalPorts;
  readonly authorities: PlatformAuthorities;
  /** Whether the nodes expose metrics. */
  readonly metrics: boolean;
}

/** Heap of a node in MB. Measured: with these values, 12 nodes use 1.7 GB of memory in total, heap and everything else. */
const HEAP_MB = { broker: 160, controller: 96 } as const;
const LOGGING = readFileSync(new URL("log4j2.properties", import.meta.url), "utf8");
const START_TIMEOUT_SECONDS = 120;
/** A controlled shutdown first moves leaders away. A shutdown of all brokers at once takes a while on two cores. */
const STOP_GRACE_SECONDS = 20;

/**
 * A Kafka cluster of separate JVMs on this machine. Every listener uses TLS, with mutual TLS between nodes and for the
 * admin, and SCRAM-SHA-512 for services. The authorizer is StandardAuthorizer. Each zone is a rack.
 */
export class LocalKafkaCluster extends KitComponent implements KafkaCluster {
  readonly bootstrap: pulumi.Output<readonly string[]>;
  readonly admin: pulumi.Output<readonly string[]>;
  readonly caCertificate: pulumi.Output<string>;
  readonly adminIdentity: AdminIdentity;
  readonly brokerCount: number;
  readonly owner: pulumi.Resource = this;

  constructor(name: string, args: LocalKafkaClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kafka:LocalCluster", name, opts);
    const nodes = clusterNodes(args.shape);
    const brokers = nodes.filter((node) => node.role === "broker");
    const controllers = nodes.filter((node) => node.role === "controller");
    this.brokerCount = brokers.length;
    this.caCertificate = args.authorities.servers.certificatePem;
    this.adminIdentity = args.authorities.admin;

    const clusterId = this.clusterId(name);
    const start = (node: KafkaNode, dependsOn: pulumi.Resource[]) =>
      this.nodeProcess(node, controllers, clusterId, args, dependsOn);
    const quorum = controllers.map((node) => start(node, []));
    // A broker is ready only after the quorum. A broker that started earlier would occupy one of the engine's slots
    // meanwhile.
    for (const node of brokers) start(node, quorum);

    this.bootstrap = pulumi.output(localBootstrap(brokers, args.ports));
    this.admin = pulumi.output(brokers.map((node) => `${LOOPBACK}:${args.ports.brokerInternal(node.ordinal)}`));
    this.registerOutputs({ bootstrap: this.bootstrap, admin: this.admin });
  }

  /** Returns a random cluster id in Kafka's format: 16 bytes as URL-safe base64 without padding. */
  private clusterId(name: string): pulumi.Output<string> {
    const seed = new Password(`${name}-id`, {}, this.child());
    return pulumi.unsecret(seed.value.apply((value) => kafkaUuid(value)));
  }

  private nodeProcess(
    node: KafkaNode,
    controllers: readonly KafkaNode[],
    clusterId: pulumi.Output<string>,
    args: LocalKafkaClusterArgs,
    dependsOn: pulumi.Resource[],
  ): Process {
    const { layout, ports, server, authorities } = args;
    const certificate = authorities.serverCertificate(node.name, this, ["server", "client"], NODE_PRINCIPAL);
    const dataDir = layout.data(node.name);
    const paths = {
      properties: layout.file(node.name, "server.properties"),
      keystore: layout.file(node.name, "keystore.pem"),
      truststore: layout.file(node.name, "truststore.pem"),
      logging: layout.file(node.name, "log4j2.properties"),
    };
    const metricsPort =
      node.role === "controller" ? ports.controllerMetrics(node.ordinal) : ports.brokerMetrics(node.ordinal);
    const listeners =
      node.role === "controller"
        ? [{ name: "controller", host: LOOPBACK, port: ports.controller(node.ordinal) }]
        : [
            { name: "client", host: LOOPBACK, port: ports.brokerClient(node.ordinal) },
            { name: "internal", host: LOOPBACK, port: ports.brokerInternal(node.ordinal) },
          ];
    const properties = nodeProperties({
      node,
      host: LOOPBACK,
      controllerPorts: new Map(controllers.map((controller) => [controller.id, ports.controller(controller.ordinal)])),
      ...(node.role === "broker"
        ? { brokerPorts: { client: ports.brokerClient(node.ordinal), internal: ports.brokerInternal(node.ordinal) } }
        : {}),
      dataDir,
      keystore: paths.keystore,
      truststore: paths.truststore,
      replicationFactor: args.replicationFactor,
      minInsyncReplicas: args.minInsyncReplicas,
      brokerCount: this.brokerCount,
      administrators: [ADMIN_PRINCIPAL],
      ...(args.metrics ? { metrics: { port: metricsPort, allowList: KAFKA_NODE_ALLOW_LIST } } : {}),
    });
    return new Process(
      node.name,
      {
        name: node.name,
        role: node.role,
        zone: node.zone,
        command: [
          server.java,
          ...server.jvmFlags,
          ...(server.aotCache === undefined ? [] : [`-XX:AOTCache=${server.aotCache}`]),
          `-Xmx${HEAP_MB[node.role]}m`,
          KEY_STORE_IN_MEMORY,
          `-Dlog4j2.configurationFile=${paths.logging}`,
          "-cp",
          server.classPath,
          "kafka.Kafka",
          paths.properties,
        ],
        files: [
          { path: paths.properties, content: properties },
          { path: paths.logging, content: LOGGING },
          { path: paths.keystore, content: pulumi.interpolate`${certificate.privateKeyPem}${certificate.chainPem}` },
          {
            path: paths.truststore,
            content: pulumi.interpolate`${authorities.servers.certificatePem}${authorities.clients.certificatePem}`,
          },
        ],
        directories: [{ path: dataDir }],
        prepare: [{ command: stampStorage(server, dataDir, node, clusterId), creates: `${dataDir}/meta.properties` }],
        ports: args.metrics ? [...listeners, { name: "metrics", host: LOOPBACK, port: metricsPort }] : listeners,
        readiness: { log: { pattern: "Kafka Server started" }, timeoutSeconds: START_TIMEOUT_SECONDS },
        stop: { signal: "SIGTERM", graceSeconds: STOP_GRACE_SECONDS },
        stateDir: layout.substrateDir,
      },
      this.child({ dependsOn }),
    );
  }
}

/**
 * Formats a node's storage as `kafka-storage.sh format` does, without starting a JVM per node. The bootstrap records
 * are copied from a folder that the same StorageTool formatted, and the other values are ids. `meta.properties` is
 * written last and moved into place, because its presence means "formatted".
 */
function stampStorage(
  server: KafkaServer,
  dataDir: string,
  node: KafkaNode,
  clusterId: pulumi.Output<string>,
): pulumi.Output<string[]> {
  const script =
    'cp "$1/bootstrap.checkpoint" "$2/bootstrap.checkpoint" && printf "%s" "$3" > "$2/meta.tmp" && mv "$2/meta.tmp" "$2/meta.properties"';
  return clusterId.apply((id) => [
    "/bin/sh",
    "-c",
    script,
    "stamp-storage",
    server.storageTemplate,
    dataDir,
    `version=1\ncluster.id=${id}\nnode.id=${node.id}\ndirectory.id=${kafkaUuid(`${id}/${node.id}`)}\n`,
  ]);
}

function kafkaUuid(seed: string): string {
  return createHash("sha256").update(seed).digest().subarray(0, 16).toString("base64url");
}
