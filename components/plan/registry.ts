import type { AclOperation, AclResourceType, PlannedAcl, PlannedTopic } from "./types.ts";

/** Principal of the schema registry. */
export const registryPrincipal = "schema-registry";

/**
 * Topics that Apicurio Registry's kafkasql storage keeps for itself: its journal, its snapshots, and the
 * events about artifacts (defaults of its `KafkaSqlConfiguration`). The platform makes them, so that the
 * registry needs no right to create any.
 */
export const registryTopics = ["kafkasql-journal", "kafkasql-snapshots", "registry-events"] as const;

/** Prefix of the registry's consumer groups: a new random one on each start, because it replays its journal. */
export const registryGroupPrefix = "apicurio-";

/** The journal is the registry's only memory: kept forever, in one partition, in order. Apicurio refuses to start otherwise. */
const JOURNAL_CONFIG = { "cleanup.policy": "delete", "retention.bytes": "-1", "retention.ms": "-1" };

/** The registry's topics. */
export function planRegistryTopics(replicas: { readonly factor: number; readonly minInsync: number }): PlannedTopic[] {
  return registryTopics.map((name) => ({
    name,
    kind: "registry",
    domain: "platform",
    owner: "platform",
    partitions: 1,
    replicationFactor: replicas.factor,
    config: { ...JOURNAL_CONFIG, "min.insync.replicas": String(replicas.minInsync) },
    source: { file: "components/plan/registry.ts", line: 1, column: 1 },
  }));
}

/** What the registry may do on one resource. */
export interface RegistryGrant {
  readonly operations: readonly AclOperation[];
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
  readonly pattern: PlannedAcl["pattern"];
}

/** All that the registry may do. It checks its topics' configuration on start. */
export const registryGrants: readonly RegistryGrant[] = [
  ...registryTopics.map(
    (resourceName): RegistryGrant => ({
      operations: ["Describe", "DescribeConfigs", "Read", "Write"],
      resourceType: "Topic",
      resourceName,
      pattern: "Literal",
    }),
  ),
  { operations: ["Describe", "Read"], resourceType: "Group", resourceName: registryGroupPrefix, pattern: "Prefixed" },
];
