/** What is asked for when a topic or a consumer is added. Values as they will stand in the file. */

/** A new topic. */
export interface NewTopicRequest {
  readonly name: string;
  readonly domain: string;
  readonly description: string;
  readonly partitions: number;
  /** Event types, at least one. */
  readonly events: readonly string[];
  /** `rate` is what a service writes on average, with its unit. Default: `50kB/s`. */
  readonly producers: readonly { readonly service: string; readonly rate?: string }[];
  readonly consumers: readonly { readonly service: string; readonly instances: number }[];
  readonly key?: string;
  /** With its unit: `7d`. Default: the stack's. */
  readonly retention?: string;
  /** Owner of a domain that is not there yet. */
  readonly team?: string;
}

/** A new consumer of a topic that is there. */
export interface NewConsumerRequest {
  readonly service: string;
  readonly topic: string;
  /** Event types it handles. */
  readonly events: readonly string[];
  readonly instances: number;
  /** With its unit: `5MiB/s`. Default: the stack's. */
  readonly quota?: string;
  /** Delays of its retry topics, shortest first. */
  readonly retry: readonly string[];
}
