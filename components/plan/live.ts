/** The contents of a running cluster and its registry as plain data, for comparison with the plan. */

/** A topic of a running cluster. */
export interface LiveTopic {
  readonly name: string;
  readonly partitions: number;
  /** Smallest and largest number of replicas over its partitions. They are equal unless a reassignment is in progress. */
  readonly replicas: { readonly least: number; readonly most: number };
  /** Values set on the topic itself, by key. */
  readonly config: Readonly<Record<string, string>>;
  /** Effective values that are not set on the topic, by key. Only requested keys are included. */
  readonly inherited: Readonly<Record<string, { readonly value: string; readonly source: "broker" | "default" }>>;
}

/** An access rule, in the plan's terms. */
export interface LiveAcl {
  /** Principal with its type, for example `User:order-service`. */
  readonly principal: string;
  readonly host: string;
  readonly operation: string;
  readonly permission: string;
  readonly resourceType: string;
  readonly resourceName: string;
  readonly pattern: string;
}

/** A quota and its entity. */
export interface LiveQuota {
  /** Entity by type (`user`, `client-id`, `ip`); `null` is the default of the type. */
  readonly entity: Readonly<Record<string, string | null>>;
  /** Values by Kafka's key, for example `producer_byte_rate`. */
  readonly values: Readonly<Record<string, number>>;
}

/** A SCRAM user. */
export interface LiveUser {
  readonly name: string;
  readonly credentials: readonly { readonly mechanism: string; readonly iterations: number }[];
}

/** A subject of the registry. */
export interface LiveSubject {
  readonly name: string;
  /** Schema of the latest version, as text. */
  readonly schema: string;
  readonly schemaType: string;
  /** Number of the latest version. Absent if the registry does not report it. */
  readonly version?: number;
  /** Other subjects that the schema refers to. Default: none. */
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
  /** The subject's own level. Default: the registry's level. */
  readonly compatibility?: string;
}

/** The contents of a running platform. */
export interface LivePlatform {
  readonly topics: readonly LiveTopic[];
  readonly acls: readonly LiveAcl[];
  readonly quotas: readonly LiveQuota[];
  readonly users: readonly LiveUser[];
  /** Absent if no registry was read. */
  readonly subjects?: readonly LiveSubject[];
}
