/**
 * The nodes of a cluster: who they are and where they stand. Ids follow the ranges of the Strimzi
 * node pools (brokers of the first zone from 0, of the second from 100, of the third from 200,
 * controllers from 900), so that a node has the same id on one machine as on Kubernetes.
 */

/** Size and zones of a cluster. */
export interface ClusterShape {
  /** Zone names, one broker pool each. */
  readonly zones: readonly string[];
  readonly brokersPerZone: number;
  /** 3 or 5: the controller quorum is static. */
  readonly controllers: number;
}

/** One node of the cluster. */
export interface KafkaNode {
  readonly id: number;
  readonly role: "broker" | "controller";
  /** Process and certificate name, for example `kafka-broker-100`. */
  readonly name: string;
  readonly zone: string;
  /** Place among the nodes of its role, from 0. */
  readonly ordinal: number;
}

/** Size of a zone's range of ids: its brokers are numbered from a multiple of it. */
export const IDS_PER_ZONE = 100;
/** Id of the first controller; zones whose range would reach it cannot be numbered. */
export const FIRST_CONTROLLER_ID = 900;

/** Controllers first, then brokers, both in order of id. Controllers are spread over the zones in turn. */
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
