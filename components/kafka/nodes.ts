/**
 * The nodes of a cluster, with their ids and zones. The ids follow the ranges of the Strimzi node pools: brokers of the
 * first zone from 0, of the second from 100, of the third from 200, controllers from 900. A node therefore has the same
 * id on one machine and on Kubernetes.
 */

/** Size and zones of a cluster. */
export interface ClusterShape {
  /** Zone names. Each zone has one broker pool. */
  readonly zones: readonly string[];
  readonly brokersPerZone: number;
  /** 3 or 5, because the controller quorum is static. */
  readonly controllers: number;
}

/** One node of the cluster. */
export interface KafkaNode {
  readonly id: number;
  readonly role: "broker" | "controller";
  /** Name of the process and of the certificate, for example `kafka-broker-100`. */
  readonly name: string;
  readonly zone: string;
  /** Position among the nodes of its role, from 0. */
  readonly ordinal: number;
}

/** Number of ids per zone. The ids of a zone's brokers start at a multiple of it. */
export const IDS_PER_ZONE = 100;
/** Id of the first controller. A zone whose range would reach it cannot get ids. */
export const FIRST_CONTROLLER_ID = 900;

/** Returns the controllers, then the brokers, both in order of id. Controllers are assigned to the zones in turn. */
export function clusterNodes(shape: ClusterShape): readonly KafkaNode[] {
  const zoneCount = shape.zones.length;
  const controllers = Array.from({ length: shape.controllers }, (_, ordinal): KafkaNode => {
    const id = FIRST_CONTROLLER_ID + ordinal;
    return {
      id,
      role: "controller",
      name: `kafka-controller-${id}`,
      zone: shape.zones[ordinal % zoneCount] ?? "",
      ordinal,
    };
  });
  const brokers = shape.zones.flatMap((zone, zoneIndex) =>
    Array.from({ length: shape.brokersPerZone }, (_, index): KafkaNode => {
      const id = zoneIndex * IDS_PER_ZONE + index;
      return {
        id,
        role: "broker",
        name: `kafka-broker-${id}`,
        zone,
        ordinal: zoneIndex * shape.brokersPerZone + index,
      };
    }),
  );
  return [...controllers, ...brokers];
}
