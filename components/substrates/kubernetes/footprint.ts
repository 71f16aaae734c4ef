import type { KubernetesStackSettings } from "../../model/stack/kubernetes-stack.ts";
import type { ClusterFootprint } from "../../plan/cluster-guard.ts";
import type { PlannedTopic } from "../../plan/types.ts";

/** Returns the size of an environment's cluster, as the ledger records it. */
export function clusterFootprint(settings: KubernetesStackSettings, topics: readonly PlannedTopic[]): ClusterFootprint {
  const { kafka, namespaces } = settings.kubernetes;
  return {
    cluster: `${namespaces.kafka}/${kafka.name}`,
    zones: settings.kafka.zones,
    brokersPerZone: settings.kafka.brokersPerZone,
    controllers: settings.kafka.controllers,
    replicationFactor: Math.max(1, ...topics.map((topic) => topic.replicationFactor)),
    brokerVolumes: kafka.broker.volumes,
    controllerVolume: kafka.controller.volume,
    brokerStorageClass: kafka.broker.storageClass ?? "",
    controllerStorageClass: kafka.controller.storageClass ?? "",
    metadataVersion: kafka.metadataVersion,
    rebalances: kafka.cruiseControl,
  };
}
