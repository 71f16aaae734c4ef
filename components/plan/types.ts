import type { SourceLocation } from "../model/problems/source-location.ts";
import type { Compatibility } from "../model/schemas/compatibility.ts";
import type { ClaimCheck } from "../model/types.ts";

/**
 * The plan: the contents of the platform as plain data, before any resource exists. It is a pure function of the model
 * (topics and stack). All lists are sorted by name, so that two reads of the same files give equal plans. Components
 * turn each entry into one resource.
 */

/**
 * Why a topic exists: a product team declared it, it is derived from one of the topic's consumers, or it is the storage
 * of the schema registry.
 */
export type TopicKind = "event" | "dead-letter" | "retry" | "registry";

/** One Kafka topic. */
export interface PlannedTopic {
  readonly name: string;
  readonly kind: TopicKind;
  readonly domain: string;
  /** Slug of the team that owns the topic. */
  readonly owner: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic-level configuration under Kafka's own names. Values are as Kafka prints them. */
  readonly config: Readonly<Record<string, string>>;
  readonly source: SourceLocation;
}

/** Kafka's resource types, spelled as `@pulumi/kafka` expects them. */
export type AclResourceType = "Topic" | "Group" | "TransactionalID" | "Cluster";
export type AclOperation =
  | "Read"
  | "Write"
  | "Describe"
  | "DescribeConfigs"
  | "Create"
  | "Delete"
  | "Alter"
  | "AlterConfigs"
  | "ClusterAction"
  | "IdempotentWrite";

/** One allow rule. There are no deny rules: StandardAuthorizer denies everything that no rule allows. */
export interface PlannedAcl {
  /** Content key, for example `payment-service/Read/Topic/order-events`. It is unique, and independent of other rules. */
  readonly key: string;
  /** Principal name without the `User:` prefix. */
  readonly principal: string;
  readonly operation: AclOperation;
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
  readonly pattern: "Literal" | "Prefixed";
  /** The declaration that this rule follows from, as text for `kit access why`. */
  readonly reason: string;
}

/** One SCRAM-SHA-512 principal. The principal of a service has the name of the service's template folder. */
export interface PlannedPrincipal {
  readonly name: string;
  readonly kind: "service" | "platform";
}

/**
 * Quota of a principal. Kafka has no quotas for consumer groups (entities are user, client-id, ip), so the quota of a
 * group is set on its service.
 */
export interface PlannedQuota {
  readonly principal: string;
  /** Bytes per second and broker. */
  readonly producerByteRate?: number;
  /** Bytes per second and broker. */
  readonly consumerByteRate?: number;
}

/** One subject of the schema registry (`TopicRecordNameStrategy`: topic, dash, full name of the record). */
export interface PlannedSubject {
  readonly name: string;
  readonly topic: string;
  readonly eventType: string;
  /** Full name of the Avro record, for example `com.globalmart.events.OrderCreated`. */
  readonly record: string;
  /** The schema as JSON text: the content of the file without unnecessary white space. */
  readonly schema: string;
  /** Language of the schema, under the registry's name. Default: `AVRO`. */
  readonly schemaType?: "JSON" | "PROTOBUF";
  /** References to types in other files. Absent if there are none. */
  readonly references?: SubjectReferences;
  readonly compatibility: Compatibility;
  readonly source: SourceLocation;
}

/** References of a subject's schema to other subjects. */
export interface SubjectReferences {
  /** Shared subjects that the schema refers to directly, sorted. Each has the name of its type. */
  readonly subjects: readonly string[];
  /** The schema with all referenced types inlined. */
  readonly selfContained: string;
}

/** The registry's subject of a shared type. It has the name of the type. */
export interface PlannedSharedSubject {
  /** Full name of the type, and of the subject. */
  readonly name: string;
  /** Path of the schema below `topics/schemas`, for example `common/Money.avsc`. */
  readonly schemaPath: string;
  /** As {@link PlannedSubject.schema}. */
  readonly schema: string;
  /** As {@link SubjectReferences.selfContained}. */
  readonly selfContained: string;
  /** Shared subjects that this one refers to directly, sorted. */
  readonly references: readonly string[];
  /** The compatibility that all subjects that use the type demand together. */
  readonly compatibility: Compatibility;
  readonly source: SourceLocation;
}

/** An event that a service publishes. */
export interface PublishedEvent {
  readonly event: string;
  readonly topic: string;
  readonly subject: string;
  readonly record: string;
  /** Path of the schema below `topics/schemas`, for example `order/OrderCreated.avsc`. */
  readonly schema: string;
  /** Types of {@link ServiceContract.types} that the schema refers to directly, sorted. Default: none. */
  readonly references?: readonly string[];
  /** Content that is stored outside Kafka above a size in bytes. Default: none. */
  readonly claimCheck?: ClaimCheck;
}

/** Rights of a service in the claim-check store. Both lists are sorted by topic. */
export interface ServiceClaimChecks {
  /**
   * Topics whose content the service stores below `<topic>/<service>/`. The service removes the content after `keepMs`.
   * Without `keepMs` the content is kept.
   */
  readonly stores: readonly { readonly topic: string; readonly keepMs?: number }[];
  /** Topics whose content the service reads, below `<topic>/<producer>/` of each producer, up to a size in bytes. */
  readonly fetches: readonly {
    readonly topic: string;
    readonly producers: readonly string[];
    readonly atMost: number;
  }[];
}

/** A shared type that the schemas of a service's events need. */
export interface ContractType {
  /** Full name of the type, and the name of its subject. */
  readonly name: string;
  /** Path of the schema below `topics/schemas`. */
  readonly schema: string;
  /** Types that it refers to directly, sorted. They precede it in the list. */
  readonly references: readonly string[];
}

/** One topic that a service's consumer group reads. */
export interface ConsumedTopic {
  readonly topic: string;
  /** Field of the events whose value is the record key. Absent if records have no key. */
  readonly key?: string;
  /** Events that the service handles. It skips and counts other events on the topic. */
  readonly events: readonly {
    readonly event: string;
    readonly record: string;
    readonly schema: string;
    readonly references?: readonly string[];
  }[];
}

/**
 * The part of the plan that a service needs, as a JSON file (`KAFKA_CONTRACT_FILE`). Names of topics, groups and
 * subjects are therefore declared only in `topics/`.
 */
export interface ServiceContract {
  readonly service: string;
  /** Id of the consumer group, equal to the service's name. Absent if the service consumes nothing. */
  readonly group?: string;
  readonly instances: number;
  readonly consumes: readonly ConsumedTopic[];
  /** Absent if the service consumes nothing. */
  readonly deadLetterTopic?: string;
  /** Delayed-retry topics in order of delay; empty unless the consumer declares them. */
  readonly retryTopics: readonly { readonly topic: string; readonly delayMs: number }[];
  readonly publishes: readonly PublishedEvent[];
  /** Types that the events' schemas share, each after those that it refers to. Default: none. */
  readonly types?: readonly ContractType[];
  /** Absent if no event of the service is stored outside Kafka. */
  readonly claimChecks?: ServiceClaimChecks;
}

/** Everything that the platform contains. */
export interface PlatformPlan {
  readonly topics: readonly PlannedTopic[];
  readonly principals: readonly PlannedPrincipal[];
  readonly acls: readonly PlannedAcl[];
  readonly quotas: readonly PlannedQuota[];
  readonly subjects: readonly PlannedSubject[];
  readonly sharedSubjects: readonly PlannedSharedSubject[];
  readonly contracts: readonly ServiceContract[];
}
