import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN_PRINCIPAL } from "../../../components/certificates/admin-identity.ts";
import { clusterNodes, type KafkaNode } from "../../../components/kafka/nodes.ts";
import { LISTENERS } from "../../../components/kafka/strimzi/names.ts";
import {
  type IssuedCertificate,
  issueCertificate,
} from "../../../components/provider/certificates/certificate-authority.ts";
import {
  KEY_STORE_IN_MEMORY,
  NODE_PRINCIPAL,
  nodeProperties,
} from "../../../toolchain/servers/kafka-node-properties.ts";
import { type KafkaServer, locateLocalServers } from "../../../toolchain/servers/local-servers.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import { listening } from "../../saga/servers/child.ts";
import type { ApiClient, ApiObject } from "./api-client.ts";
import { describeAnswer } from "./api-client.ts";
import { secretText, textOf } from "./object-texts.ts";
import { playAddress } from "./played-address.ts";
import { type PlayedPart, playPart } from "./played-part.ts";
import { playPools } from "./played-pools.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** Simulates Strimzi: for a Kafka resource it starts real brokers here and reports their addresses. */
export interface PlayedStrimzi extends PlayedPart {
  /** PEM of the authority that signed the brokers' certificates. */
  readonly authority: string;
}

/** How pods find the broker that runs outside of them. */
export interface BrokerForPods {
  /** Address whose port {@link LISTENERS}`.services.port` leads to {@link port}. */
  readonly address: string;
  /** Loopback port on which the broker takes the services' connections. */
  readonly port: number;
}

const START_LIMIT_MS = 240_000;
const RESOURCE = "/apis/kafka.strimzi.io/v1/namespaces/kafka/kafkas/kafka";
const CLIENTS_AUTHORITY = "/api/v1/namespaces/kafka/secrets/kafka-clients-ca-cert";
const NAMESPACE = "kafka";
/** Names of Strimzi's Services and of the first broker of the first zone: https://strimzi.io/docs, "internal" listeners. */
const BOOTSTRAP = "kafka-kafka-bootstrap";
const BROKERS = "kafka-kafka-brokers";
const FIRST_BROKER = "kafka-broker-zone-a-0";
const hostOf = (...names: readonly string[]): string => `${names.join(".")}.${NAMESPACE}.svc`;
const CLUSTER_ID = "cGxheWVkLXN0cmltemkhIQ";

/**
 * Waits for the Kafka resource in the background, then answers it.
 * @param limitMs - How long the resource may take to come.
 * @param pods - Where pods want to connect; for clusters of one broker. The admin's listener stays on loopback.
 */
export async function playStrimzi(client: ApiClient, limitMs: number, pods?: BrokerForPods): Promise<PlayedStrimzi> {
  const authority = await issueCertificate({
    kind: "authority",
    commonName: "played cluster authority",
    dnsNames: [],
    ipAddresses: [],
    usages: ["server", "client"],
    validityHours: 24,
  });
  const part = playPart(limitMs, async ({ declared, again, endLater }) => {
    const [resource, secret] = await declared("the Kafka resource with the clients' authority", async () => {
      const both = await Promise.all([client.read(RESOURCE), client.read(CLIENTS_AUTHORITY)]);
      return both[0] === undefined || both[1] === undefined ? undefined : ([both[0], both[1]] as const);
    });
    const folder = await mkdtemp(join(tmpdir(), "kit-played-strimzi-"));
    endLater(() => rm(folder, { recursive: true, force: true }));
    const processes: ServerProcess[] = [];
    endLater(async () => {
      await Promise.all(processes.map((server) => server.stop(15_000)));
    });
    const clients = secretText(secret, "ca.crt");
    const brokers = Number(textOf(resource, "spec", "kafka", "config", "default.replication.factor"));
    if (pods !== undefined && brokers !== 1)
      throw new Error(`Pods can be led to one broker, and the stack has ${brokers}.`);
    const selector = textOf(resource, "spec", "kafka", "config", "replica.selector.class");
    const ports = await startBrokers({ folder, authority, clients, brokers, selector, processes, pods });
    if (pods !== undefined) {
      await playAddress(client, {
        namespace: NAMESPACE,
        name: BOOTSTRAP,
        port: LISTENERS.services.port,
        address: pods.address,
      });
      await playAddress(client, {
        namespace: NAMESPACE,
        name: BROKERS,
        port: LISTENERS.services.port,
        address: pods.address,
        server: FIRST_BROKER,
      });
    }
    await bindBrokersRole(client);
    await declared("the pools' pods", async () => {
      await playPools(client);
      return true;
    });
    const answer = { ports, authority: authority.certificatePem, pods };
    await report(client, resource, answer);
    // A change counts as done once the operator has observed its generation. Nothing restarts here.
    again(async () => {
      await playPools(client);
      const now = await client.read(RESOURCE);
      if (now !== undefined && !hasSeen(now)) await report(client, now, answer);
    });
  });
  return { ...part, authority: authority.certificatePem };
}

/**
 * Lets brokers read their node's zone, as the operator does, with its labels. The real operator deletes the binding when the
 * Kafka resource is deleted. When a platform is destroyed the operator no longer runs by then, so this one never deletes it.
 */
async function bindBrokersRole(client: ApiClient): Promise<void> {
  const [name, group] = [`strimzi-${NAMESPACE}-kafka-kafka-init`, "rbac.authorization.k8s.io"];
  const path = `/apis/${group}/v1/clusterrolebindings`;
  const current = await client.read(`${path}/${name}`);
  const labels = {
    ...current?.metadata.labels,
    "app.kubernetes.io/managed-by": "strimzi-cluster-operator",
    "strimzi.io/cluster": "kafka",
    "strimzi.io/kind": "Kafka",
  };
  const binding = {
    apiVersion: `${group}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { ...current?.metadata, name, labels },
    roleRef: { apiGroup: group, kind: "ClusterRole", name: "strimzi-kafka-broker" },
    subjects: [{ kind: "ServiceAccount", name: "kafka-kafka", namespace: NAMESPACE }],
  };
  const content = { type: "application/json", body: JSON.stringify(binding) };
  const answer = await (current === undefined
    ? client.request("POST", path, content)
    : client.request("PUT", `${path}/${name}`, content));
  if (answer.status >= 300) throw new Error(`The brokers' binding was refused: ${describeAnswer(answer)}`);
}

interface BrokersRequest {
  readonly folder: string;
  readonly authority: IssuedCertificate;
  /** PEM of the authority that signs clients. */
  readonly clients: string;
  readonly brokers: number;
  /** The class that selects the replica for a consumer, as named in the resource. */
  readonly selector: string;
  readonly processes: ServerProcess[];
  readonly pods: BrokerForPods | undefined;
}

interface BrokerPorts {
  readonly client: readonly number[];
  readonly internal: readonly number[];
}

async function startBrokers({
  folder,
  authority,
  clients,
  brokers,
  selector,
  processes,
  pods,
}: BrokersRequest): Promise<BrokerPorts> {
  const { kafka } = await locateLocalServers();
  const nodes = clusterNodes({
    zones: Array.from({ length: brokers }, (_, index) => `zone-${index}`),
    brokersPerZone: 1,
    controllers: 1,
  });
  const ports = await freePorts(1 + brokers * 2);
  const controllerPort = ports[0] ?? 0;
  const client = pods === undefined ? ports.slice(1, 1 + brokers) : [pods.port];
  const internal = ports.slice(1 + brokers);
  const listens: Promise<void>[] = [];
  for (const node of nodes) {
    const brokerPorts =
      node.role === "broker" ? { client: client[node.ordinal] ?? 0, internal: internal[node.ordinal] ?? 0 } : undefined;
    const server = await startNode({
      kafka,
      node,
      folder,
      authority,
      clients,
      controllerPort,
      brokers,
      selector,
      brokerPorts,
      pods,
    });
    processes.push(server);
    listens.push(
      listening(
        node.name,
        brokerPorts?.internal ?? controllerPort,
        server.child,
        START_LIMIT_MS,
        () => `see ${folder}`,
      ),
    );
  }
  await Promise.all(listens);
  return { client, internal };
}

interface NodeRequest
  extends Pick<BrokersRequest, "folder" | "authority" | "clients" | "brokers" | "selector" | "pods"> {
  readonly kafka: KafkaServer;
  readonly node: KafkaNode;
  readonly controllerPort: number;
  readonly brokerPorts: { readonly client: number; readonly internal: number } | undefined;
}

async function startNode({
  kafka,
  node,
  folder,
  authority,
  clients,
  controllerPort,
  brokers,
  selector,
  brokerPorts,
  pods,
}: NodeRequest): Promise<ServerProcess> {
  const own = join(folder, node.name);
  const dataDir = join(own, "data");
  await mkdir(own, { recursive: true });
  await cp(kafka.storageTemplate, dataDir, { recursive: true });
  const directoryId = Buffer.from(`played-directory-${node.id}`.slice(-16).padStart(16, "-")).toString("base64url");
  await writeFile(
    join(dataDir, "meta.properties"),
    `version=1\ncluster.id=${CLUSTER_ID}\nnode.id=${node.id}\ndirectory.id=${directoryId}\n`,
  );
  const certificate = await issueCertificate({
    kind: "leaf",
    commonName: NODE_PRINCIPAL,
    dnsNames: ["localhost", hostOf(BOOTSTRAP), hostOf(FIRST_BROKER, BROKERS)],
    ipAddresses: ["127.0.0.1"],
    usages: ["server", "client"],
    validityHours: 12,
    issuer: { certificatePem: authority.certificatePem, privateKeyPem: authority.privateKeyPem },
  });
  const file = (name: string) => join(own, name);
  await writeFile(file("keystore.pem"), `${certificate.privateKeyPem}${certificate.chainPem}`, { mode: 0o600 });
  await writeFile(file("truststore.pem"), `${authority.certificatePem}${clients}`);
  const common = nodeProperties({
    node,
    host: "127.0.0.1",
    controllerPorts: new Map([[900, controllerPort]]),
    ...(brokerPorts === undefined ? {} : { brokerPorts }),
    dataDir,
    keystore: file("keystore.pem"),
    truststore: file("truststore.pem"),
    replicationFactor: brokers,
    minInsyncReplicas: Math.max(1, brokers - 1),
    brokerCount: brokers,
    administrators: [ADMIN_PRINCIPAL],
  });
  const properties = `${common.trimEnd()}\nreplica.selector.class=${selector}\n`;
  const listensAt = `CLIENT://127.0.0.1:${brokerPorts?.client}`;
  const foundAt = `CLIENT://${hostOf(FIRST_BROKER, BROKERS)}:${LISTENERS.services.port}`;
  await writeFile(
    file("server.properties"),
    pods === undefined
      ? properties
      : properties.replace(`advertised.listeners=${listensAt}`, `advertised.listeners=${foundAt}`),
  );
  return startServer(
    node.name,
    [
      kafka.java,
      ...kafka.jvmFlags,
      ...(kafka.aotCache === undefined ? [] : [`-XX:AOTCache=${kafka.aotCache}`]),
      "-Xmx160m",
      KEY_STORE_IN_MEMORY,
      "-cp",
      kafka.classPath,
      "kafka.Kafka",
      file("server.properties"),
    ],
    { folder: own },
  );
}

function hasSeen({ metadata, status }: ApiObject): boolean {
  return (
    typeof status === "object" &&
    status !== null &&
    "observedGeneration" in status &&
    status.observedGeneration === metadata.generation
  );
}

async function report(
  client: ApiClient,
  resource: ApiObject,
  {
    ports,
    authority,
    pods,
  }: { readonly ports: BrokerPorts; readonly authority: string; readonly pods: BrokerForPods | undefined },
): Promise<void> {
  const listener = (name: string, addresses: readonly { readonly host: string; readonly port: number }[]) => ({
    name,
    bootstrapServers: addresses.map(({ host, port }) => `${host}:${port}`).join(","),
    addresses,
    certificates: [authority],
  });
  const onLoopback = (listened: readonly number[]) => listened.map((port) => ({ host: "127.0.0.1", port }));
  const forServices =
    pods === undefined ? onLoopback(ports.client) : [{ host: hostOf(BOOTSTRAP), port: LISTENERS.services.port }];
  const status = {
    observedGeneration: resource.metadata.generation,
    conditions: [{ type: "Ready", status: "True", lastTransitionTime: new Date().toISOString() }],
    listeners: [
      listener(LISTENERS.services.name, forServices),
      listener(LISTENERS.admin.name, onLoopback(ports.internal)),
    ],
  };
  const answer = await client.request("PATCH", `${RESOURCE}/status`, {
    type: "application/merge-patch+json",
    body: JSON.stringify({ status }),
  });
  if (answer.status >= 300) throw new Error(`The Kafka resource's status was refused: ${describeAnswer(answer)}`);
}
