import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link KafkaRollout}. */
export interface KafkaRolloutArgs {
  /** Context of the kubeconfig. Default: the current one. */
  context?: pulumi.Input<string>;
  /** A change makes a new resource. */
  namespace: pulumi.Input<string>;
  /** Name of the Kafka resource. A change makes a new resource. */
  cluster: pulumi.Input<string>;
  /** Pools of the cluster, and how many pods each must have ready. */
  pools: pulumi.Input<readonly { readonly name: string; readonly replicas: number }[]>;
  /** Digest of what is declared: a change of it is what is waited for. */
  declared: pulumi.Input<string>;
  timeoutSeconds: pulumi.Input<number>;
}

/**
 * Waits until Strimzi has rolled out what is declared of a Kafka cluster: the Kafka resource is Ready, every pool was seen by the operator and has all its
 * pods ready. Tells conditions as they come, and fails early when a pod crash-loops, cannot be scheduled, or has no image. Let it depend on the objects.
 */
export class KafkaRollout extends pulumi.CustomResource {
  /** Listeners as the Kafka resource's status reports them, read again in each run. */
  declare readonly listeners: pulumi.Output<unknown[]>;

  constructor(name: string, args: KafkaRolloutArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:KafkaRollout", name, { ...args, listeners: undefined }, options);
  }
}
