import type { AclOperation, AclResourceType, PlannedAcl, PlannedTopic } from "./types.ts";

/** Principal of the schema registry. */
export const registryPrincipal = "schema-registry";

/**
 * Topics of Apicurio Registry's kafkasql storage: its journal, its snapshots, and the events about artifacts (defaults
 * of its `KafkaSqlConfiguration`). The platform creates them, so that the registry needs no right to create topics.
 */
export const registryTopics = ["kafkasql-journal", "kafkasql-snapshots", "registry-events"] as const;

/**
 * Prefix of the registry's consumer groups. The registry uses a new random group on each start, because it replays its
 * journal.
 */
export const registryGroupPrefix = "apicurio-";

/**
 * Configuration of the journal. The journal is the only storage of the registry, so it is kept forever, in one
 * partition, in order. Apicurio refuses to start otherwise.
 */
const JOURNAL_CONFIG = { "cleanup.policy": "delete", "retention.bytes": "-1", "retention.ms": "-1" };

/** Returns the registry's topics. */
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

/** Rights of the registry on one resource. */
export interface RegistryGrant {
  readonly operations: readonly AclOperation[];
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
  readonly pattern: PlannedAcl["pattern"];
}

/** All rights of the registry. It checks the configuration of its topics on start. */
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
