import type * as pulumi from "@pulumi/pulumi";

/** A schema registry. The interface is equal on every substrate. */
export interface SchemaRegistry {
  /** Base URL of the Confluent-compatible API for services, without a trailing slash. */
  readonly url: pulumi.Output<string>;
  /** Base URL of the same API for the machine that runs Pulumi. */
  readonly adminUrl: pulumi.Output<string>;
  /**
   * Resource that stands for the registry. A resource that depends on it waits until the registry answers. Its deletion
   * also deletes the subjects.
   */
  readonly owner: pulumi.Resource;
}
