import { byteQuantity, type Manifest, platformLabels } from "../../kubernetes/manifest.ts";
import { USABLE_ZONES } from "../../kubernetes/placement.ts";
import { nodeAffinity, nodeExpressions, templateScheduling } from "../../kubernetes/scheduling.ts";
import { FIRST_CONTROLLER_ID, IDS_PER_ZONE } from "../nodes.ts";
import type { StrimziClusterInput } from "./cluster-input.ts";
import { clusterLabel, STRIMZI_API } from "./names.ts";

const MIB = 2 ** 20;
const LARGEST_HEAP = 6 * 2 ** 30;

/**
 * Returns the heap of a node in MiB: half of its memory, at most 6 GiB. Kafka uses the rest of the memory as page
 * cache.
 */
export function heapMebibytes(memory: number): number {
  return Math.floor(Math.min(memory / 2, LARGEST_HEAP) / MIB);
}

/**
 * Returns the node pools of a cluster: one of controllers, then one of brokers per zone, so that every broker's zone is
 * known in advance.
 */
export function nodePools(input: StrimziClusterInput): Manifest[] {
  return [controllerPool(input), ...input.shape.zones.map((zone, index) => brokerPool(input, zone, index))];
}

function controllerPool(input: StrimziClusterInput): Manifest {
  const { settings, shape } = input;
  const { cpu, memory, volume, storageClass } = settings.controller;
  return pool(
    input,
    "controller",
    { first: FIRST_CONTROLLER_ID, last: FIRST_CONTROLLER_ID + 9 },
    {
      replicas: shape.controllers,
      roles: ["controller"],
      ...size(cpu, memory),
      storage: jbod([volume], storageClass),
      template: {
        pod: {
          ...POD,
          ...templateScheduling(input.pods.controller),
          affinity: {
            ...nodeAffinity(nodeExpressions(input.pods.controller)),
            podAntiAffinity: apart(input, "controller"),
          },
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: settings.topologyKey,
              whenUnsatisfiable: settings.spread === "required" ? "DoNotSchedule" : "ScheduleAnyway",
              ...USABLE_ZONES,
              labelSelector: { matchLabels: roleLabels(settings.name, "controller") },
            },
          ],
        },
      },
    },
  );
}

function brokerPool(input: StrimziClusterInput, zone: string, index: number): Manifest {
  const { settings, shape } = input;
  const { cpu, memory, volumes, storageClass } = settings.broker;
  return pool(
    input,
    `broker-${zone}`,
    { first: index * IDS_PER_ZONE, last: (index + 1) * IDS_PER_ZONE - 1 },
    {
      replicas: shape.brokersPerZone,
      roles: ["broker"],
      ...size(cpu, memory),
      storage: jbod(volumes, storageClass),
      template: {
        pod: {
          ...POD,
          ...templateScheduling(input.pods.broker),
          affinity: {
            ...nodeAffinity([
              { key: settings.topologyKey, operator: "In", values: [settings.zoneLabels[zone] ?? zone] },
              ...nodeExpressions(input.pods.broker),
            ]),
            podAntiAffinity: apart(input, "broker"),
          },
        },
      },
    },
  );
}

/** A controlled shutdown first hands over the leadership of every partition. */
const POD = { terminationGracePeriodSeconds: 120, enableServiceLinks: false };

function pool(
  input: StrimziClusterInput,
  name: string,
  ids: { readonly first: number; readonly last: number },
  spec: Record<string, unknown>,
): Manifest {
  const cluster = input.settings.name;
  return {
    apiVersion: STRIMZI_API,
    kind: "KafkaNodePool",
    metadata: {
      name,
      namespace: input.namespace,
      labels: { ...platformLabels(cluster, "kafka"), ...clusterLabel(cluster) },
      // Ids that the operator assigns to new nodes. When nodes are removed, the highest id is removed first.
      annotations: { "strimzi.io/next-node-ids": `[${ids.first}-${ids.last}]` },
    },
    spec,
  };
}

function size(cpu: string, memory: number): Record<string, unknown> {
  const heap = `${heapMebibytes(memory)}m`;
  return {
    // There is no CPU limit, because a throttled broker falls out of sync. The memory request equals the limit, so the
    // memory is guaranteed.
    resources: { requests: { cpu, memory: byteQuantity(memory) }, limits: { memory: byteQuantity(memory) } },
    jvmOptions: { "-Xms": heap, "-Xmx": heap },
  };
}

function jbod(volumes: readonly number[], storageClass: string | undefined): Record<string, unknown> {
  return {
    type: "jbod",
    volumes: volumes.map((bytes, id) => ({
      id,
      type: "persistent-claim",
      size: byteQuantity(bytes),
      ...(storageClass === undefined ? {} : { class: storageClass }),
      ...(id === 0 ? { kraftMetadata: "shared" } : {}),
      // The volumes outlive the cluster's resources. An operator deletes them by hand.
      deleteClaim: false,
    })),
  };
}

function roleLabels(cluster: string, role: "broker" | "controller"): Record<string, string> {
  return { ...clusterLabel(cluster), [`strimzi.io/${role}-role`]: "true" };
}

/** Returns a rule that puts each node of a role on another host, so that the loss of a host is the loss of one node. */
function apart({ settings }: StrimziClusterInput, role: "broker" | "controller"): Record<string, unknown> {
  const term = {
    topologyKey: "kubernetes.io/hostname",
    labelSelector: { matchLabels: roleLabels(settings.name, role) },
  };
  return settings.spread === "required"
    ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
    : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] };
}
