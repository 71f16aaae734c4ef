import * as pulumi from "@pulumi/pulumi";

/** Options of a component's child. They have no `parent`, because a child always stays in its component. */
export type ChildOptions = Omit<pulumi.CustomResourceOptions, "parent">;

/**
 * Base class of all components of the kit. It sets the type token (`platform:<kind>`) and the parent of each child, so
 * that components neither repeat nor mistake them.
 *
 * Both are part of the URN of each resource below the component. If the kind, name or parent changes, the engine
 * deletes the children and creates them again, unless they have an alias.
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
   * @param kind - Kind of the component, the last part of the type token, for example `kafka:LocalCluster`.
   * @param name - Pulumi name. It is unique among the components of the kind.
   * @param opts - Options of the component. Children inherit `provider` and `protect`. Default: none.
   */
  constructor(kind: string, name: string, opts?: pulumi.ComponentResourceOptions) {
    super(`platform:${kind}`, name, {}, opts);
  }

  /** Returns the options of a child: this component as the parent, and the caller's own options. */
  protected child(options: ChildOptions = {}): pulumi.CustomResourceOptions {
    return { ...options, parent: this };
  }
}
