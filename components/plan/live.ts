/** What a running cluster and its registry hold, as plain data: the other side of a comparison with the plan. */

/** A topic. */
export interface LiveTopic {
  readonly name: string;
  readonly partitions: number;
  /** Smallest and largest number of replicas over its partitions; equal unless a reassignment is under way. */
  readonly replicas: { readonly least: number; readonly most: number };
  /** Values set on the topic itself, by key. */
  readonly config: Readonly<Record<string, string>>;
  /** Values in force that are not the topic's own, by key; only keys that somebody asked for. */
  readonly inherited: Readonly<Record<string, { readonly value: string; readonly source: "broker" | "default" }>>;
}

/** An access rule, in the words that the plan uses. */
export interface LiveAcl {
  /** With its type, for example `User:order-service`. */
  readonly principal: string;
  readonly host: string;
  readonly operation: string;
  readonly permission: string;
  readonly resourceType: string;
  readonly resourceName: string;
  readonly pattern: string;
}

/** A quota and whom it is for. */
export interface LiveQuota {
  /** Entity by type (`user`, `client-id`, `ip`); `null` is the type's default. */
  readonly entity: Readonly<Record<string, string | null>>;
  /** By Kafka's key, for example `producer_byte_rate`. */
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
  /** Latest version's schema, as text. */
  readonly schema: string;
  readonly schemaType: string;
  /** Latest version, where the registry says it. */
  readonly version?: number;
  /** Other subjects that the schema refers to. Absent: none. */
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
  /** The subject's own level; absent: the registry's default applies. */
  readonly compatibility?: string;
}

/** All of it. */
export interface LivePlatform {
  readonly topics: readonly LiveTopic[];
  readonly acls: readonly LiveAcl[];
  readonly quotas: readonly LiveQuota[];
  readonly users: readonly LiveUser[];
  /** Absent: no registry was asked. */
  readonly subjects?: readonly LiveSubject[];
}
