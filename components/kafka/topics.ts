import * as kafka from "@pulumi/kafka";
import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import type { PlannedTopic } from "../plan/types.ts";
import type { KafkaCluster } from "./cluster.ts";

/** Arguments of {@link KafkaTopics}. */
export interface KafkaTopicsArgs {
  readonly cluster: KafkaCluster;
  readonly provider: kafka.Provider;
  readonly topics: readonly PlannedTopic[];
  /** Whether the engine must refuse to delete a topic. */
  readonly protect: boolean;
  /** Names of existing topics that the stack takes over in this run: the result of `topicsToImport`. Default: none. */
  readonly imported?: ReadonlySet<string>;
}

/**
 * The platform's topics. Each topic is one resource with the topic's name, so that a change of one topic does not
 * affect the others.
 */
export class KafkaTopics extends KitComponent {
  /** Topic resources by topic name. */
  readonly byName: ReadonlyMap<string, kafka.Topic>;

  constructor(name: string, args: KafkaTopicsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kafka:Topics", name, opts);
    const options = this.child({
      provider: args.provider,
      dependsOn: [args.cluster.owner],
      ...(args.cluster.external === true ? {} : { deletedWith: args.cluster.owner }),
      protect: args.protect,
    });
    this.byName = new Map(
      args.topics.map((topic) => [
        topic.name,
        new kafka.Topic(
          topic.name,
          {
            name: topic.name,
            partitions: topic.partitions,
            replicationFactor: topic.replicationFactor,
            config: topic.config,
          },
          args.imported?.has(topic.name) === true ? { ...options, import: topic.name } : options,
        ),
      ]),
    );
    this.registerOutputs({});
  }
}
