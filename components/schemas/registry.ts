import type * as pulumi from "@pulumi/pulumi";

/** A schema registry, the same on every substrate. */
export interface SchemaRegistry {
  /** Base of the Confluent-compatible API for services, without a slash at the end. */
  readonly url: pulumi.Output<string>;
  /** The same for the machine that runs Pulumi. */
  readonly adminUrl: pulumi.Output<string>;
  /** Stands for the registry: depend on it to wait until it answers; deleting it deletes its subjects too. */
  readonly owner: pulumi.Resource;
}
