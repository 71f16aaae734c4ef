import { ADMIN_PRINCIPAL } from "../../certificates/admin-identity.ts";
import { byteQuantity, type Manifest, platformLabels } from "../../kubernetes/manifest.ts";
import { nodeAffinity, nodeExpressions, templateScheduling } from "../../kubernetes/scheduling.ts";
import type { StrimziSettings } from "../../model/stack/stack-kubernetes.ts";
import type { PodSettings } from "../../model/stack/stack-pods.ts";
import { UNWATCHED_GROUPS } from "../../observability/exported/kafka-exporter.ts";
import { KAFKA_NODE_ALLOW_LIST } from "../../observability/exported/kafka-nodes.ts";
import { brokerConfig } from "./broker-config.ts";
import { brokersOf, type StrimziClusterInput } from "./cluster-input.ts";
import { listeners } from "./listeners.ts";
import { STRIMZI_API } from "./names.ts";
import { heapMebibytes } from "./node-pools.ts";

const MIB = 2 ** 20;
const CRUISE_CONTROL_MEMORY = 1_024 * MIB;

/**
 * Returns the Kafka resource. It has no entity operator: on every substrate, topics, users, ACLs and quotas are
 * declared through Kafka's admin API. An entity operator would remove the objects that it does not know.
 */
export function kafkaResource(input: StrimziClusterInput): Manifest {
  const { settings, namespace, shape, topics } = input;
  return {
    apiVersion: STRIMZI_API,
    kind: "Kafka",
    metadata: {
      name: settings.name,
      namespace,
      labels: platformLabels(settings.name, "kafka"),
    },
    spec: {
      kafka: {
        version: settings.version,
        metadataVersion: settings.metadataVersion,
        rack: { type: "topology-label", topologyKey: settings.topologyKey },
        listeners: listeners(input),
        // With mutual TLS, the name of a client is the whole subject of its certificate. The operator adds "User:".
        authorization: { type: "simple", superUsers: [`CN=${ADMIN_PRINCIPAL}`] },
        // With Strimzi's own quota plugin, quotas per principal would silently have no effect.
        quotas: { type: "kafka" },
        config: brokerConfig(topics, brokersOf(shape), settings.config, settings.remoteStorage !== undefined),
        ...(settings.remoteStorage === undefined ? {} : { tieredStorage: tieredStorage(settings.remoteStorage) }),
        metricsConfig: { type: "strimziMetricsReporter", values: { allowList: [...KAFKA_NODE_ALLOW_LIST] } },
        template: { podDisruptionBudget: { maxUnavailable: 1 } },
      },
      ...(settings.cruiseControl ? { cruiseControl: cruiseControl(input) } : {}),
      ...(settings.exporter ? { kafkaExporter: { ...KAFKA_EXPORTER, ...beside(input.pods.beside) } } : {}),
      clusterCa: { validityDays: 1_825, renewalDays: 180, certificateExpirationPolicy: "renew-certificate" },
      // The kit signs the admin's certificate, so the clients' authority is the kit's.
      clientsCa: { generateCertificateAuthority: false },
      maintenanceTimeWindows: settings.maintenanceWindows,
    },
  };
}

function tieredStorage({
  className,
  classPath,
  config,
}: NonNullable<StrimziSettings["remoteStorage"]>): Record<string, unknown> {
  return { type: "custom", remoteStorageManager: { className, classPath, config } };
}

/** Returns the settings of Cruise Control, which moves partitions to new brokers and away from brokers that are removed. */
function cruiseControl({ settings, network, pods }: StrimziClusterInput): Record<string, unknown> {
  const heap = `${heapMebibytes(CRUISE_CONTROL_MEMORY)}m`;
  const memory = byteQuantity(CRUISE_CONTROL_MEMORY);
  const rate = networkRate(network);
  return {
    brokerCapacity: { cpu: settings.broker.cpu, inboundNetwork: rate, outboundNetwork: rate },
    autoRebalance: [{ mode: "add-brokers" }, { mode: "remove-brokers" }],
    ...beside(pods.beside),
    resources: { requests: { cpu: "250m", memory }, limits: { memory } },
    jvmOptions: { "-Xms": heap, "-Xmx": heap },
  };
}

/** Returns the placement of pods that are not Kafka nodes. */
function beside(pods: PodSettings): { readonly template?: unknown } {
  const expressions = nodeExpressions(pods);
  const affinity = expressions.length === 0 ? {} : { affinity: nodeAffinity(expressions) };
  const pod = { ...templateScheduling(pods), ...affinity };
  return Object.keys(pod).length === 0 ? {} : { template: { pod } };
}

const KAFKA_EXPORTER = {
  topicRegex: ".*",
  groupRegex: ".*",
  groupExcludeRegex: UNWATCHED_GROUPS,
  resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "128Mi" } },
};

/** Returns a rate in the largest of Strimzi's units that keeps it whole, otherwise in KiB/s, rounded down. */
function networkRate(bytesPerSecond: number): string {
  for (const [unit, factor] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["MiB", MIB],
  ] as const) {
    if (bytesPerSecond % factor === 0) return `${bytesPerSecond / factor}${unit}/s`;
  }
  return `${Math.floor(bytesPerSecond / 1_024)}KiB/s`;
}
