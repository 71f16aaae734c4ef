import { formatSize } from "../model/values/size.ts";

/** The parts of a cluster's size that cannot be undone freely. */
export interface ClusterFootprint {
  /** Namespace and name. */
  readonly cluster: string;
  /** Zones in order. The position of a zone determines the ids of its brokers. */
  readonly zones: readonly string[];
  readonly brokersPerZone: number;
  readonly controllers: number;
  /** Largest replication factor of any topic. */
  readonly replicationFactor: number;
  /** Bytes of each volume of a broker, by position. */
  readonly brokerVolumes: readonly number[];
  readonly controllerVolume: number;
  /** Storage class. Empty: the cluster's default. */
  readonly brokerStorageClass: string;
  readonly controllerStorageClass: string;
  /** Format of the cluster metadata, for example `4.3-IV0`. */
  readonly metadataVersion: string;
  /** Whether partitions are moved off brokers before the brokers are removed. */
  readonly rebalances: boolean;
}

/** A refused change of one property of the footprint. */
export interface RefusedChange {
  readonly property: keyof ClusterFootprint;
  readonly reason: string;
}

/**
 * Returns the changes that would lose or strand data. Growth is always allowed. The list is empty if the change is
 * safe. Each message states the old value, the new value and what to write instead.
 */
export function refusedClusterChanges(before: ClusterFootprint, after: ClusterFootprint): RefusedChange[] {
  const refused: RefusedChange[] = [];
  const refuse = (property: keyof ClusterFootprint, what: string, why: string, fix: string): void => {
    refused.push({ property, reason: `${what}. ${why} Nothing was touched. To fix it: ${fix}.` });
  };

  if (before.cluster !== after.cluster) {
    refuse(
      "cluster",
      `the cluster ${before.cluster} would become ${after.cluster}`,
      "Kafka cannot be renamed: a new, empty cluster would be made and the old one deleted.",
      `set name and namespace back to ${before.cluster}, or bring the new one up as a stack of its own and move clients there`,
    );
  }
  if (!before.zones.every((zone, index) => after.zones[index] === zone)) {
    const gone = before.zones.filter((zone) => !after.zones.includes(zone));
    if (gone.length > 0) {
      refuse(
        "zones",
        `${gone.length === 1 ? "zone" : "zones"} ${gone.join(", ")} would go with ${gone.length * before.brokersPerZone} brokers`,
        "Partitions on them would lose replicas, and some may have no other.",
        `list ${before.zones.join(", ")} first, in this order`,
      );
    } else {
      refuse(
        "zones",
        `the zones' order would become ${after.zones.join(", ")}`,
        "A zone's place gives its brokers their ids: existing brokers would be renumbered.",
        `list ${before.zones.join(", ")} first, in this order, and new zones after them`,
      );
    }
  }
  refuseFewerBrokers(before, after, refuse);
  if (before.controllers !== after.controllers) {
    refuse(
      "controllers",
      `controllers would go from ${before.controllers} to ${after.controllers}`,
      "The quorum is fixed when the cluster is made: another number would lose it.",
      `set kafka.controllers back to ${before.controllers}`,
    );
  }
  before.brokerVolumes.forEach((size, index) => {
    const now = after.brokerVolumes[index];
    if (now === undefined) {
      refuse(
        "brokerVolumes",
        `volume ${index} of each broker (${formatSize(size)}) would be taken away`,
        "What lies on it would be lost on all brokers at once.",
        "keep it in kubernetes.kafka.broker.volumes",
      );
    } else if (now < size) {
      refuse(
        "brokerVolumes",
        `volume ${index} of each broker would shrink from ${formatSize(size)} to ${formatSize(now)}`,
        "Volumes can grow, never shrink.",
        `set it back to ${formatSize(size)} or more`,
      );
    }
  });
  if (after.controllerVolume < before.controllerVolume) {
    refuse(
      "controllerVolume",
      `the controllers' volume would shrink from ${formatSize(before.controllerVolume)} to ${formatSize(after.controllerVolume)}`,
      "Volumes can grow, never shrink.",
      `set kubernetes.kafka.controller.volume back to ${formatSize(before.controllerVolume)} or more`,
    );
  }
  for (const property of ["brokerStorageClass", "controllerStorageClass"] as const) {
    if (before[property] === after[property]) continue;
    refuse(
      property,
      `the storage class would go from ${shown(before[property])} to ${shown(after[property])}`,
      "Existing volumes keep their class, so old and new brokers would differ and the operator would wait forever.",
      `set it back to ${shown(before[property])}`,
    );
  }
  if (after.metadataVersion < before.metadataVersion) {
    refuse(
      "metadataVersion",
      `the metadata version would go from ${before.metadataVersion} back to ${after.metadataVersion}`,
      "Kafka knows no way back: records of the newer format are in the quorum's log.",
      `set kubernetes.kafka.metadataVersion back to ${before.metadataVersion}`,
    );
  }
  return refused;
}

function refuseFewerBrokers(
  before: ClusterFootprint,
  after: ClusterFootprint,
  refuse: (property: keyof ClusterFootprint, what: string, why: string, fix: string) => void,
): void {
  if (after.brokersPerZone >= before.brokersPerZone) return;
  const brokers = after.brokersPerZone * after.zones.length;
  const what = `brokers per zone would go from ${before.brokersPerZone} to ${after.brokersPerZone}`;
  const needed = Math.max(before.replicationFactor, after.replicationFactor);
  if (brokers < needed) {
    refuse(
      "brokersPerZone",
      `${what}, ${brokers} altogether`,
      `Topics have up to ${needed} replicas, each on a broker of its own.`,
      `keep at least ${Math.ceil(needed / after.zones.length)} brokers in each zone`,
    );
  } else if (!after.rebalances || !before.rebalances) {
    refuse(
      "brokersPerZone",
      what,
      "Without Cruise Control nothing moves their partitions away first.",
      "set kubernetes.kafka.cruiseControl: true and apply that, then lower kafka.brokersPerZone",
    );
  }
}

function shown(storageClass: string): string {
  return storageClass === "" ? "the cluster's default" : storageClass;
}
