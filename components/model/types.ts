import type { Problem } from "./problems/problem.ts";
import type { SourceLocation } from "./problems/source-location.ts";
import type { Compatibility } from "./schemas/compatibility.ts";

/** Team that is responsible for a domain's topics and services. */
export interface Owner {
  /** Team slug. */
  readonly team: string;
  /** How to reach the team, for example a chat channel. */
  readonly contact: string;
}

/** How severe an outage of the domain is. */
export type Criticality = "low" | "medium" | "high";

/** Kafka's `cleanup.policy`. */
export type Cleanup = "delete" | "compact" | "compact,delete";

/** Kafka's `compression.type`. */
export type Compression = "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";

/** Kafka's `message.timestamp.type`. */
export type TimestampType = "CreateTime" | "LogAppendTime";

/**
 * State of a topic's tiered storage. `enabled`: closed segments are copied to the store. `read-only`: no more segments
 * are copied. `disabled`: the stored segments are deleted.
 */
export type RemoteStorage = "enabled" | "read-only" | "disabled";

/** Sensitivity of data, from public to restricted. */
export type Classification = "public" | "internal" | "confidential" | "restricted";

/** The part of an event that is stored outside Kafka. */
export interface ClaimCheck {
  /** Size in bytes above which the content goes to the store. */
  readonly above: number;
  /** Maximum content in bytes. */
  readonly atMost: number;
  /** Path of the field whose bytes are stored. Default: the whole body. */
  readonly field?: string;
}

/** A named type with a schema file of its own. Schemas of events and other shared types refer to it by its full name. */
export interface SharedType {
  /** Full name. */
  readonly name: string;
  /** Path of the schema below `topics/`: `schemas/common/Money.avsc`. */
  readonly schemaPath: string;
  /** The schema as in its file, as JSON text without white space. */
  readonly schema: string;
  /** The schema with types of other files inlined. */
  readonly selfContained: string;
  /** Types of other files that this file refers to directly, sorted by name. */
  readonly types: readonly SharedType[];
  readonly source: SourceLocation;
}

/** A schema that refers to types of other files. */
export interface SchemaReferences {
  /** The schema as in its own file, as JSON text without white space. */
  readonly schema: string;
  /** Types of other files that this file refers to directly, sorted by name. */
  readonly types: readonly SharedType[];
}

/** One event type of a topic. */
export interface EventDeclaration {
  /** Event type, for example `order.created`. */
  readonly name: string;
  /** Path of the schema below `topics/`, as written: `schemas/order/OrderCreated.avsc`. */
  readonly schemaPath: string;
  /** Full name of the Avro record. */
  readonly record: string;
  /** The schema as JSON text without white space. Types of other files are inlined. */
  readonly schema: string;
  /** References to types of other files. Absent if there are none. */
  readonly references?: SchemaReferences;
  readonly compatibility?: Compatibility;
  /** Claim check of the event, otherwise of its topic. */
  readonly claimCheck?: ClaimCheck;
  readonly source: SourceLocation;
}

/** A service that writes to a topic. */
export interface Producer {
  readonly service: string;
  /** Event types that it publishes, sorted. */
  readonly events: readonly string[];
  /** Average bytes per second over all brokers. */
  readonly rate?: number;
  /** Bytes per second per broker. */
  readonly quota?: number;
  /** Whether it writes in Kafka transactions. */
  readonly transactional?: boolean;
  readonly source: SourceLocation;
}

/** A service whose consumer group reads a topic. */
export interface Consumer {
  readonly service: string;
  /** Event types that it handles, sorted. */
  readonly events: readonly string[];
  /** Number of consumers in the group at full size. */
  readonly instances: number;
  /** Bytes per second per broker. */
  readonly quota?: number;
  /** Handled event types whose stored field it reads, sorted. */
  readonly fetches: readonly string[];
  /** Delays in ms of the retry topics that it declares, ascending. */
  readonly retryDelays: readonly number[];
  readonly source: SourceLocation;
}

/** Deprecation of a topic, the first step of its removal. Days have the format `2027-01-31`. */
export interface Deprecation {
  readonly since: string;
  readonly reason: string;
  /** Day before which the topic must not be removed. */
  readonly removal?: string;
}

/** Permission to delete a deprecated topic with all its records. */
export interface Removal {
  readonly topic: string;
  /** Environments from which it is removed while others keep it, sorted. Default: all. */
  readonly stacks?: readonly string[];
  readonly reason: string;
  /** Day of the removal, for example `2027-01-31`. */
  readonly date: string;
  readonly source: SourceLocation;
}

/** Settings of a topic that an environment may override: amounts, durations and copies, but not the meaning of records. */
export const environmentSettings = [
  "partitions",
  "retention",
  "retentionBytes",
  "segmentAge",
  "segmentSize",
  "tombstoneRetention",
  "minCompactionLag",
  "maxCompactionLag",
  "dirtyRatio",
  "remoteStorage",
  "localRetention",
  "localRetentionBytes",
  "maxMessage",
  "compression",
  "replicationFactor",
  "minInsyncReplicas",
] as const;

/** The settings of a topic that one environment overrides. */
export interface TopicOverride {
  readonly settings: Partial<Pick<TopicDeclaration, (typeof environmentSettings)[number]>>;
  /** Location of each setting. */
  readonly places: Readonly<Record<string, SourceLocation>>;
  readonly source: SourceLocation;
}

/** A topic as a product team declares it. For absent settings, the stack's apply. */
export interface TopicDeclaration {
  readonly name: string;
  readonly description: string;
  readonly domain: string;
  readonly owner: Owner;
  readonly criticality: Criticality;
  /** Partitions at full size, before the stack's factor. */
  readonly partitions: number;
  /** Whether `partitions` is this environment's own number, to which no factor applies. Default: no. */
  readonly partitionsAsIs?: true;
  /** Environments that have the topic, sorted. Default: all. */
  readonly stacks?: readonly string[];
  /** Overrides by stack. */
  readonly overrides?: Readonly<Record<string, TopicOverride>>;
  /** Milliseconds; -1: forever. */
  readonly retention?: number;
  /** Bytes per partition. */
  readonly retentionBytes?: number;
  readonly cleanup?: Cleanup;
  /** Milliseconds after which a segment is closed. */
  readonly segmentAge?: number;
  /** Bytes at which a segment is closed. */
  readonly segmentSize?: number;
  /** Milliseconds for which a compacted topic keeps a tombstone. */
  readonly tombstoneRetention?: number;
  /** Minimum age in milliseconds before compaction may remove a record. */
  readonly minCompactionLag?: number;
  /** Maximum age in milliseconds before compaction must consider a record. */
  readonly maxCompactionLag?: number;
  /** Share of the log that must await compaction before it starts, 0.01 to 1. */
  readonly dirtyRatio?: number;
  readonly timestampType?: TimestampType;
  readonly remoteStorage?: RemoteStorage;
  /** Milliseconds for which segments stay on the brokers' own disks. */
  readonly localRetention?: number;
  /** Bytes of a partition on the broker's own disk. */
  readonly localRetentionBytes?: number;
  /** Largest record batch in bytes. */
  readonly maxMessage?: number;
  readonly compression?: Compression;
  readonly compatibility?: Compatibility;
  readonly replicationFactor?: number;
  readonly minInsyncReplicas?: number;
  /** Classification of the topic, otherwise of its domain. */
  readonly classification?: Classification;
  /** Regions in which the data may be kept, sorted: those of the topic, otherwise of its domain. Default: any. */
  readonly residency?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly deprecated?: Deprecation;
  /** Field whose value is the record key. Absent if records have no key. */
  readonly key?: string;
  /** Sorted by name. */
  readonly events: readonly EventDeclaration[];
  /** Sorted by service. */
  readonly producers: readonly Producer[];
  /** Sorted by service. */
  readonly consumers: readonly Consumer[];
  readonly source: SourceLocation;
  /** Locations of the settings in the file, by the name of each. */
  readonly places: Readonly<Record<string, SourceLocation>>;
}

/** One step of a saga. */
export interface SagaStep {
  readonly name: string;
  readonly service: string;
  /** Event that requests the step. */
  readonly command: string;
  /** Events that report success. */
  readonly success: readonly string[];
  /** Events that report failure. */
  readonly failure: readonly string[];
  /** Compensation of the step: the event that requests it, and the reply. */
  readonly compensation?: { readonly command: string; readonly reply: string };
  /** Whether the step is the pivot. It may fail, and is never undone. */
  readonly pivot: boolean;
  /** Whether the step comes after the pivot. */
  readonly retriable: boolean;
  readonly source: SourceLocation;
}

/** A saga as the coordinator's domain declares it. It refers to events by name. */
export interface Saga {
  readonly name: string;
  readonly domain: string;
  readonly description: string;
  /** Service that starts the saga and decides its terminal state. */
  readonly coordinator: string;
  /** Record key that all events of one run share. */
  readonly key: string;
  readonly starts: string;
  readonly succeeds: readonly string[];
  readonly fails: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
  /** Sorted by name. */
  readonly steps: readonly SagaStep[];
  readonly source: SourceLocation;
}

/** One file `topics/<domain>.yaml`. */
export interface Domain {
  readonly name: string;
  readonly owner: Owner;
  readonly criticality: Criticality;
  /** Services that the domain's team runs, sorted. */
  readonly services: readonly string[];
  /** Sorted by name. */
  readonly topics: readonly TopicDeclaration[];
  /**
   * Topics that only other environments have, sorted by name. Present only in the model of one environment. Default:
   * none.
   */
  readonly elsewhere?: readonly TopicDeclaration[];
  /** Sorted by name. */
  readonly sagas: readonly Saga[];
  /** Sorted by topic. */
  readonly removals: readonly Removal[];
  readonly source: SourceLocation;
  /** Locations of the fields of its head, by the name of each: `criticality`, `owner.contact`, `services.order-service`. */
  readonly places: Readonly<Record<string, SourceLocation>>;
}

/** The validated declarations of all product teams. Every level is sorted by name. */
export interface Model {
  readonly domains: readonly Domain[];
  /** Schema files that no event needs, by path from the project's root, sorted. Default: none. */
  readonly unusedSchemas?: readonly string[];
}

/** Result of a read: a value, or all problems. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };
