import type { SourceLocation } from "../components/model/problems/source-location.ts";
import type { TopicDeclaration } from "../components/model/types.ts";
import { isDerivedTopicName, reservedTopicPrefixes } from "../components/model/values/names.ts";
import type { TopicKind } from "../components/plan/types.ts";

/*
 * The objects that rules judge: the objects of a cluster, either from a plan (`kit check`) or from resources (a
 * preview, an exported state). A value that a preview does not know yet is absent, and rules do not judge it.
 */

/** A topic. */
export interface TopicFacts {
  readonly name: string;
  readonly kind: TopicKind;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  /** Kafka's names and values. */
  readonly config?: Readonly<Record<string, string>>;
  /** Declaration of the topic. Absent for derived and undeclared topics. */
  readonly declaration?: TopicDeclaration;
  readonly source: SourceLocation;
}

/** An ACL. */
export interface AclFacts {
  /** Principal without the `User:` prefix; `*` means all. */
  readonly principal?: string;
  readonly host?: string;
  readonly operation?: string;
  readonly permission?: string;
  readonly resourceType?: string;
  readonly resourceName?: string;
  /** `Literal` or `Prefixed`. */
  readonly pattern?: string;
  readonly source: SourceLocation;
}

/** A quota. */
export interface QuotaFacts {
  /** `user`, `client-id` or `ip`. */
  readonly entityType?: string;
  /** Absent for the default of the entity type. */
  readonly entityName?: string;
  /** Kafka's names; bytes per second per broker. */
  readonly config?: Readonly<Record<string, number>>;
  readonly source: SourceLocation;
}

/** A SCRAM user. */
export interface UserFacts {
  readonly name?: string;
  readonly mechanism?: string;
  readonly iterations?: number;
  readonly source: SourceLocation;
}

/** A subject of the schema registry. */
export interface SubjectFacts {
  readonly name: string;
  /** Absent if the name does not state it. */
  readonly topic?: string;
  readonly record?: string;
  /** The schema as JSON text. */
  readonly schema?: string;
  /** Language of the schema, under the registry's name. Default: `AVRO`. */
  readonly schemaType?: string;
  /** The schema with shared types inlined. Present if it refers to shared types and they are known. */
  readonly selfContained?: string;
  readonly compatibility?: string;
  readonly source: SourceLocation;
}

/** All objects of a cluster. */
export interface ClusterFacts {
  readonly topics: readonly TopicFacts[];
  readonly acls: readonly AclFacts[];
  readonly quotas: readonly QuotaFacts[];
  readonly users: readonly UserFacts[];
  readonly subjects: readonly SubjectFacts[];
}

/** A resource of a Pulumi program. */
export interface ResourceFacts {
  /** Type token, for example `kafka:index/topic:Topic`. */
  readonly type: string;
  readonly name: string;
  readonly urn?: string;
  /** Known inputs of the resource. */
  readonly props: Readonly<Record<string, unknown>>;
  /** Whether the engine refuses to delete it. */
  readonly protect: boolean;
}

/** Returns the kind of a topic, from its name alone. */
export function topicKindOf(name: string): TopicKind {
  if (reservedTopicPrefixes.some((prefix) => name.startsWith(prefix))) return "registry";
  if (!isDerivedTopicName(name)) return "event";
  return name.endsWith(".dlt") ? "dead-letter" : "retry";
}
