import type { Problem } from "./problems/problem.ts";
import type { SourceLocation } from "./problems/source-location.ts";
import type { Compatibility } from "./schemas/compatibility.ts";

/** Team that answers for a domain's topics and services. */
export interface Owner {
  /** Team slug. */
  readonly team: string;
  /** Where the team is reached, for example a chat channel. */
  readonly contact: string;
}

/** How much harm an outage of the domain does. */
export type Criticality = "low" | "medium" | "high";

/** Kafka's `cleanup.policy`. */
export type Cleanup = "delete" | "compact" | "compact,delete";

/** Kafka's `compression.type`. */
export type Compression = "producer" | "uncompressed" | "gzip" | "snappy" | "lz4" | "zstd";

/** Kafka's `message.timestamp.type`. */
export type TimestampType = "CreateTime" | "LogAppendTime";

/** State of a topic's tiered storage: segments are copied there; none any more; what is there is deleted. */
export type RemoteStorage = "enabled" | "read-only" | "disabled";

/** How sensitive data is, from open to closed. */
export type Classification = "public" | "internal" | "confidential" | "restricted";

/** What of an event is stored outside Kafka. */
export interface ClaimCheck {
  /** Bytes above which the content goes to the store. */
  readonly above: number;
  /** Largest content in bytes. */
  readonly atMost: number;
  /** Path of the field whose bytes are stored; absent: the whole body. */
  readonly field?: string;
}

/** A named type with a schema file of its own, which schemas of events and other such types refer to by its full name. */
export interface SharedType {
  /** Full name. */
  readonly name: string;
  /** Path of the schema below `topics/`: `schemas/common/Money.avsc`. */
  readonly schemaPath: string;
  /** The schema as its file has it, as JSON text without white space. */
  readonly schema: string;
  /** The same with types of other files in place of their names. */
  readonly selfContained: string;
  /** Types of other files that this file refers to itself, sorted by name. */
  readonly types: readonly SharedType[];
  readonly source: SourceLocation;
}

/** A schema that refers to types of other files. */
export interface SchemaReferences {
  /** The schema as its own file has it, as JSON text without white space. */
  readonly schema: string;
  /** Types of other files that this file refers to itself, sorted by name. */
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
  /** The schema as JSON text without white space. What it refers to in other files stands in it in place of the names. */
  readonly schema: string;
  /** Where the schema's file refers to types of other files. */
  readonly references?: SchemaReferences;
  readonly compatibility?: Compatibility;
  /** The event's own, else its topic's. */
  readonly claimCheck?: ClaimCheck;
  readonly source: SourceLocation;
}

/** A service that writes to a topic. */
export interface Producer {
  readonly service: string;
  /** Event types it publishes, sorted. */
  readonly events: readonly string[];
  /** Average bytes per second over all brokers. */
  readonly rate?: number;
  /** Bytes per second and broker. */
  readonly quota?: number;
  /** Whether it writes in Kafka transactions. */
  readonly transactional?: boolean;
  readonly source: SourceLocation;
}

/** A service whose consumer group reads a topic. */
export interface Consumer {
  readonly service: string;
  /** Event types it handles, sorted. */
  readonly events: readonly string[];
  /** Consumers in the group at full size. */
  readonly instances: number;
  /** Bytes per second and broker. */
  readonly quota?: number;
  /** Of these, the event types whose stored field it reads, sorted. */
  readonly fetches: readonly string[];
  /** Delays in ms of the retry topics it asks for, ascending. */
  readonly retryDelays: readonly number[];
  readonly source: SourceLocation;
}

/** That a topic is on its way out: the first step of its removal. Days as `2027-01-31`. */
export interface Deprecation {
  readonly since: string;
  readonly reason: string;
  /** Day before which the topic is not removed. */
  readonly removal?: string;
}

/** Permission to delete a deprecated topic with all its records. */
export interface Removal {
  readonly topic: string;
  /** Environments that it leaves while others keep it, sorted. Absent: all. */
  readonly stacks?: readonly string[];
  readonly reason: string;
  /** Day of the removal, as `2027-01-31`. */
  readonly date: string;
  readonly source: SourceLocation;
}

/** Settings of a topic that may be other in an environment: how much, how long, how many copies; not what its records mean. */
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

/** What is other of a topic in one environment. */
export interface TopicOverride {
  readonly settings: Partial<Pick<TopicDeclaration, (typeof environmentSettings)[number]>>;
  /** Where each setting stands. */
  readonly places: Readonly<Record<string, SourceLocation>>;
  readonly source: SourceLocation;
}

/** A topic as a product team declares it. Absent settings are the stack's. */
export interface TopicDeclaration {
  readonly name: string;
  readonly description: string;
  readonly domain: string;
  readonly owner: Owner;
  readonly criticality: Criticality;
  /** Partitions at full size, before the stack's factor. */
  readonly partitions: number;
  /** Whether `partitions` is this environment's own number, which no factor changes. Absent: no. */
  readonly partitionsAsIs?: true;
  /** Environments that have the topic, sorted. Absent: all. */
  readonly stacks?: readonly string[];
  /** What is other in some environments, by stack. */
  readonly overrides?: Readonly<Record<string, TopicOverride>>;
  /** Milliseconds; -1 is forever. */
  readonly retention?: number;
  /** Bytes and partition. */
  readonly retentionBytes?: number;
  readonly cleanup?: Cleanup;
  /** Milliseconds after which a segment is closed. */
  readonly segmentAge?: number;
  /** Bytes at which a segment is closed. */
  readonly segmentSize?: number;
  /** Milliseconds that a compacted topic keeps the record that deletes a key. */
  readonly tombstoneRetention?: number;
  /** Milliseconds below which compaction leaves a record alone. */
  readonly minCompactionLag?: number;
  /** Milliseconds after which a record is compacted at the latest. */
  readonly maxCompactionLag?: number;
  /** Share of the log that waits before compaction starts, 0.01 to 1. */
  readonly dirtyRatio?: number;
  readonly timestampType?: TimestampType;
  readonly remoteStorage?: RemoteStorage;
  /** Milliseconds on the brokers' own disks. */
  readonly localRetention?: number;
  /** Bytes of a partition on the broker's own disk. */
  readonly localRetentionBytes?: number;
  /** Largest record batch in bytes. */
  readonly maxMessage?: number;
  readonly compression?: Compression;
  readonly compatibility?: Compatibility;
  readonly replicationFactor?: number;
  readonly minInsyncReplicas?: number;
  /** The topic's own, else its domain's. */
  readonly classification?: Classification;
  /** Regions in which the data may be kept, sorted: the topic's own, else its domain's. Absent: any. */
  readonly residency?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly deprecated?: Deprecation;
  /** Field whose value is the record key; absent: records have no key. */
  readonly key?: string;
  /** Sorted by name. */
  readonly events: readonly EventDeclaration[];
  /** Sorted by service. */
  readonly producers: readonly Producer[];
  /** Sorted by service. */
  readonly consumers: readonly Consumer[];
  readonly source: SourceLocation;
  /** Where the settings stand that the file has, by the file's name of each. */
  readonly places: Readonly<Record<string, SourceLocation>>;
}

/** One step of a saga. */
export interface SagaStep {
  readonly name: string;
  readonly service: string;
  /** Event that asks for the step. */
  readonly command: string;
  /** Events that say it is done. */
  readonly success: readonly string[];
  /** Events that say it can't be done. */
  readonly failure: readonly string[];
  /** How it is undone: what asks for it, what answers. */
  readonly compensation?: { readonly command: string; readonly reply: string };
  /** Whether it is the point of no return: it may fail, and is never undone. */
  readonly pivot: boolean;
  /** Whether it comes after the point of no return. */
  readonly retriable: boolean;
  readonly source: SourceLocation;
}

/** A saga as the coordinator's domain declares it. Events by name. */
export interface Saga {
  readonly name: string;
  readonly domain: string;
  readonly description: string;
  /** Service that starts it and decides its end. */
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
  /** In the model of one environment: topics that only others have, sorted by name. Absent: none. */
  readonly elsewhere?: readonly TopicDeclaration[];
  /** Sorted by name. */
  readonly sagas: readonly Saga[];
  /** Sorted by topic. */
  readonly removals: readonly Removal[];
  readonly source: SourceLocation;
  /** Where its head stands, by the file's name of each field: `criticality`, `owner.contact`, `services.order-service`. */
  readonly places: Readonly<Record<string, SourceLocation>>;
}

/** All that product teams declared, validated. Sorted by name at each level. */
export interface Model {
  readonly domains: readonly Domain[];
  /** Schema files that no event needs, by path from the project's root, sorted. Default: none. */
  readonly unusedSchemas?: readonly string[];
}

/** Outcome of reading: a value, or every problem found. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };
