import type { SourceLocation } from "../model/problems/source-location.ts";
import type { Compatibility } from "../model/schemas/compatibility.ts";
import type { ClaimCheck } from "../model/types.ts";

/**
 * The plan: what the platform will hold, as plain data, before any resource exists.
 * It is a pure function of the model (topics and stack), sorted by name everywhere, so that two
 * readings of the same files never differ. Components turn it into resources one to one.
 */

/** Why a topic exists: declared by a product team, derived from one of its consumers, or the schema registry's storage. */
export type TopicKind = "event" | "dead-letter" | "retry" | "registry";

/** One Kafka topic. */
export interface PlannedTopic {
  readonly name: string;
  readonly kind: TopicKind;
  readonly domain: string;
  /** Team slug that owns the topic. */
  readonly owner: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic-level configuration by Kafka's own names, values as Kafka prints them. */
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

/** One allow rule. There are no deny rules: what is not allowed is denied by StandardAuthorizer. */
export interface PlannedAcl {
  /** Content key, for example `payment-service/Read/Topic/order-events`: unique, stable when neighbours change. */
  readonly key: string;
  /** Principal name without the `User:` prefix. */
  readonly principal: string;
  readonly operation: AclOperation;
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
  readonly pattern: "Literal" | "Prefixed";
  /** The declaration this rule follows from, in words: for `kit access why`. */
  readonly reason: string;
}

/** One SCRAM-SHA-512 principal; services are named like their template's folder. */
export interface PlannedPrincipal {
  readonly name: string;
  readonly kind: "service" | "platform";
}

/** Quota of a principal. Kafka knows none for consumer groups (entities are user, client-id, ip): it stands on the group's owner. */
export interface PlannedQuota {
  readonly principal: string;
  /** Bytes per second and broker. */
  readonly producerByteRate?: number;
  /** Bytes per second and broker. */
  readonly consumerByteRate?: number;
}

/** One subject of the schema registry (`TopicRecordNameStrategy`: topic, dash, record full name). */
export interface PlannedSubject {
  readonly name: string;
  readonly topic: string;
  readonly eventType: string;
  /** Full name of the Avro record, for example `com.globalmart.events.OrderCreated`. */
  readonly record: string;
  /** The schema as JSON text, as the file has it but without needless white space. */
  readonly schema: string;
  /** Language of the schema, as registries call it. Absent: `AVRO`. */
  readonly schemaType?: "JSON" | "PROTOBUF";
  /** Where the schema refers to types of other files. */
  readonly references?: SubjectReferences;
  readonly compatibility: Compatibility;
  readonly source: SourceLocation;
}

/** What a subject's schema needs of other subjects. */
export interface SubjectReferences {
  /** Shared subjects that the schema refers to itself, sorted; each is named like the type it holds. */
  readonly subjects: readonly string[];
  /** The schema with all those types in place of their names. */
  readonly selfContained: string;
}

/** The registry's subject of a type that schemas of events share: named like the type. */
export interface PlannedSharedSubject {
  /** Full name of the type, and of the subject. */
  readonly name: string;
  /** Path of the schema below `topics/schemas`, for example `common/Money.avsc`. */
  readonly schemaPath: string;
  /** As {@link PlannedSubject.schema}. */
  readonly schema: string;
  /** As {@link SubjectReferences.selfContained}. */
  readonly selfContained: string;
  /** Shared subjects that this one refers to itself, sorted. */
  readonly references: readonly string[];
  /** What all subjects that use the type demand together. */
  readonly compatibility: Compatibility;
  readonly source: SourceLocation;
}

/** What one service publishes. */
export interface PublishedEvent {
  readonly event: string;
  readonly topic: string;
  readonly subject: string;
  readonly record: string;
  /** Path of the schema below `topics/schemas`, for example `order/OrderCreated.avsc`. */
  readonly schema: string;
  /** Types of {@link ServiceContract.types} that the schema refers to itself, sorted. Absent: none. */
  readonly references?: readonly string[];
  /** What of it is stored outside Kafka above a size; sizes in bytes. Absent: nothing. */
  readonly claimCheck?: ClaimCheck;
}

/** What a service may do in the store of claim checks. Both lists are sorted by topic. */
export interface ServiceClaimChecks {
  /** Topics whose contents it stores and, `keepMs` after that, removes, below `<topic>/<service>/`. Without `keepMs` they are kept. */
  readonly stores: readonly { readonly topic: string; readonly keepMs?: number }[];
  /** Topics whose contents it reads, below `<topic>/<producer>/` of each producer, up to a size in bytes. */
  readonly fetches: readonly {
    readonly topic: string;
    readonly producers: readonly string[];
    readonly atMost: number;
  }[];
}

/** A type of other files that schemas of a service's events need. */
export interface ContractType {
  /** Full name, and the subject that holds it. */
  readonly name: string;
  /** Path of the schema below `topics/schemas`. */
  readonly schema: string;
  /** Types that it refers to itself, sorted; they stand before it in the list. */
  readonly references: readonly string[];
}

/** One topic that a service's consumer group reads. */
export interface ConsumedTopic {
  readonly topic: string;
  /** Field of the events whose value is the record's key. Absent: records have no key. */
  readonly key?: string;
  /** Events the service handles; others on the topic are skipped and counted. */
  readonly events: readonly {
    readonly event: string;
    readonly record: string;
    readonly schema: string;
    readonly references?: readonly string[];
  }[];
}

/**
 * What a service needs to know of the topology, handed to it as a JSON file (`KAFKA_CONTRACT_FILE`),
 * so that names of topics, groups and subjects stand in `topics/` alone.
 */
export interface ServiceContract {
  readonly service: string;
  /** Consumer group id; equals the service's name. Absent where the service consumes nothing. */
  readonly group?: string;
  readonly instances: number;
  readonly consumes: readonly ConsumedTopic[];
  /** Absent where the service consumes nothing. */
  readonly deadLetterTopic?: string;
  /** Delayed-retry topics in order of delay; empty unless the consumer asked for them. */
  readonly retryTopics: readonly { readonly topic: string; readonly delayMs: number }[];
  readonly publishes: readonly PublishedEvent[];
  /** Types that the events' schemas share, each after those that it refers to. Absent: none. */
  readonly types?: readonly ContractType[];
  /** Absent where no event of the service is stored outside Kafka. */
  readonly claimChecks?: ServiceClaimChecks;
}

/** Everything the platform will hold. */
export interface PlatformPlan {
  readonly topics: readonly PlannedTopic[];
  readonly principals: readonly PlannedPrincipal[];
  readonly acls: readonly PlannedAcl[];
  readonly quotas: readonly PlannedQuota[];
  readonly subjects: readonly PlannedSubject[];
  readonly sharedSubjects: readonly PlannedSharedSubject[];
  readonly contracts: readonly ServiceContract[];
}
