import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link KafkaRollout}. */
export interface KafkaRolloutArgs {
  /** Context of the kubeconfig. Default: the current context. */
  context?: pulumi.Input<string>;
  /** Namespace. A change replaces the resource. */
  namespace: pulumi.Input<string>;
  /** Name of the Kafka resource. A change replaces the resource. */
  cluster: pulumi.Input<string>;
  /** Pools of the cluster, with the number of ready pods that each must have. */
  pools: pulumi.Input<readonly { readonly name: string; readonly replicas: number }[]>;
  /** Digest of the declaration. The resource waits for the rollout of each change of it. */
  declared: pulumi.Input<string>;
  timeoutSeconds: pulumi.Input<number>;
}

/**
 * Waits until Strimzi has rolled out the declaration of a Kafka cluster: the Kafka resource is Ready, the operator has
 * seen every pool, and all pods of the pools are ready. It reports conditions as they appear. It fails early if a pod
 * crash-loops, cannot be scheduled, or has no image. It must depend on the objects of the cluster.
 */
export class KafkaRollout extends pulumi.CustomResource {
  /** Listeners in the status of the Kafka resource, read again in each run. */
  declare readonly listeners: pulumi.Output<unknown[]>;

  constructor(name: string, args: KafkaRolloutArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:KafkaRollout", name, { ...args, listeners: undefined }, options);
  }
}
