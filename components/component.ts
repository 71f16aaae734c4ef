import * as pulumi from "@pulumi/pulumi";

/** Options of a component's child. The parent is not among them: a child never leaves its component. */
export type ChildOptions = Omit<pulumi.CustomResourceOptions, "parent">;

/**
 * Base of every component of the kit. It sets the type token (`platform:<kind>`) and the parent of each child, so that
 * no component repeats them and none can get them wrong.
 *
 * Both are part of the URN of everything below the component: with a changed kind, name or parent, the engine deletes
 * the children and creates them again, unless they have an alias.
 * @example
 * class KafkaTopics extends KitComponent {
 *   constructor(name: string, args: KafkaTopicsArgs, opts?: pulumi.ComponentResourceOptions) {
 *     super("kafka:Topics", name, opts);
 *     for (const topic of args.topics) new kafka.Topic(topic.name, topic, this.child({ protect: args.protect }));
 *     this.registerOutputs({});
 *   }
 * }
 */
export abstract class KitComponent extends pulumi.ComponentResource {
  /**
   * @param kind - Component kind, last part of the type token, for example `kafka:LocalCluster`.
   * @param name - Pulumi name; unique among components of the kind.
   * @param opts - Options of the component; children inherit `provider` and `protect`. Default: none.
   */
  constructor(kind: string, name: string, opts?: pulumi.ComponentResourceOptions) {
    super(`platform:${kind}`, name, {}, opts);
  }

  /** Returns the options of a child: this component as its parent, and what the caller adds. */
  protected child(options: ChildOptions = {}): pulumi.CustomResourceOptions {
    return { ...options, parent: this };
  }
}
