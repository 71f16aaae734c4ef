import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link TopicLedger}. */
export interface TopicLedgerArgs {
  /** Every topic of the platform by name. `declared` is set if a product team declares it. */
  topics: pulumi.Input<Record<string, pulumi.Input<{ partitions: pulumi.Input<number>; declared?: boolean }>>>;
  /** The stack's factor for the partitions of all topics. A refusal names the factor if it was reduced. */
  partitionFactor?: pulumi.Input<number>;
  /** Declared topics that may be removed. Default: all. */
  removals?: pulumi.Input<readonly string[]>;
}

/**
 * A record of the applied topics. It refuses a reduced number of partitions before anything changes, because the Kafka
 * provider would delete the topic with its data to recreate it. If removals need a permission, it also refuses the
 * removal of a declared topic. The topics must depend on the ledger.
 */
export class TopicLedger extends pulumi.CustomResource {
  declare readonly topics: pulumi.Output<Record<string, { partitions: number }>>;

  constructor(name: string, args: TopicLedgerArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:TopicLedger", name, { ...args }, options);
  }
}

/** Arguments of {@link ClusterLedger}: the footprint that `components/plan/cluster-guard.ts` judges. */
export interface ClusterLedgerArgs {
  cluster: pulumi.Input<string>;
  /** Zones in order. The position of a zone determines the ids of its brokers. */
  zones: pulumi.Input<readonly string[]>;
  brokersPerZone: pulumi.Input<number>;
  controllers: pulumi.Input<number>;
  /** Largest replication factor of any topic. */
  replicationFactor: pulumi.Input<number>;
  /** Bytes. */
  brokerVolumes: pulumi.Input<readonly number[]>;
  /** Bytes. */
  controllerVolume: pulumi.Input<number>;
  /** Storage class. Empty: the cluster's default. */
  brokerStorageClass: pulumi.Input<string>;
  controllerStorageClass: pulumi.Input<string>;
  metadataVersion: pulumi.Input<string>;
  /** Whether partitions are moved off brokers before the brokers are removed. */
  rebalances: pulumi.Input<boolean>;
}

/**
 * A record of the applied size of a cluster. It refuses a change that would lose or strand data before anything
 * changes: a removed zone or volume, fewer brokers than replicas, a smaller disk, another number of controllers.
 */
export class ClusterLedger extends pulumi.CustomResource {
  constructor(name: string, args: ClusterLedgerArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:ClusterLedger", name, { ...args }, options);
  }
}
