import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link TopicLedger}. */
export interface TopicLedgerArgs {
  /** Every topic of the platform by name; `declared` where a product team declares it. */
  topics: pulumi.Input<Record<string, pulumi.Input<{ partitions: pulumi.Input<number>; declared?: boolean }>>>;
  /** The stack's factor on every topic's partitions; a refusal names it where it went down. */
  partitionFactor?: pulumi.Input<number>;
  /** Declared topics that may be removed; absent: every one may. */
  removals?: pulumi.Input<readonly string[]>;
}

/**
 * The memory of the topics that were applied. Lowering a partition count is refused before anything is
 * touched, because the Kafka provider would delete the topic with its data to recreate it; so is the removal
 * of a declared topic, where removals need a permission.
 * Let the topics depend on the ledger.
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
  /** In order: a zone's place gives its brokers their ids. */
  zones: pulumi.Input<readonly string[]>;
  brokersPerZone: pulumi.Input<number>;
  controllers: pulumi.Input<number>;
  /** Largest replication factor of any topic. */
  replicationFactor: pulumi.Input<number>;
  /** Bytes. */
  brokerVolumes: pulumi.Input<readonly number[]>;
  /** Bytes. */
  controllerVolume: pulumi.Input<number>;
  /** Empty: the cluster's default. */
  brokerStorageClass: pulumi.Input<string>;
  controllerStorageClass: pulumi.Input<string>;
  metadataVersion: pulumi.Input<string>;
  /** Whether partitions are moved away from brokers before they go. */
  rebalances: pulumi.Input<boolean>;
}

/**
 * The memory of the size a cluster was given. A change that would lose or strand data (a zone or a volume taken away, fewer
 * brokers than replicas, a smaller disk, another number of controllers) is refused before anything is touched.
 */
export class ClusterLedger extends pulumi.CustomResource {
  constructor(name: string, args: ClusterLedgerArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:ClusterLedger", name, { ...args }, options);
  }
}
