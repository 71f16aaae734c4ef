/** Requests for a new topic or consumer. Values have the form of the files. */

/** A new topic. */
export interface NewTopicRequest {
  readonly name: string;
  readonly domain: string;
  readonly description: string;
  readonly partitions: number;
  /** Event types, at least one. */
  readonly events: readonly string[];
  /** `rate` is a service's average write rate, with its unit. Default: `50kB/s`. */
  readonly producers: readonly { readonly service: string; readonly rate?: string }[];
  readonly consumers: readonly { readonly service: string; readonly instances: number }[];
  readonly key?: string;
  /** With its unit: `7d`. Default: the stack's. */
  readonly retention?: string;
  /** Owner of a new domain. */
  readonly team?: string;
}

/** A new consumer of an existing topic. */
export interface NewConsumerRequest {
  readonly service: string;
  readonly topic: string;
  /** Event types that it handles. */
  readonly events: readonly string[];
  readonly instances: number;
  /** With its unit: `5MiB/s`. Default: the stack's. */
  readonly quota?: string;
  /** Delays of its retry topics, shortest first. */
  readonly retry: readonly string[];
}
