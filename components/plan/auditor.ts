import type { AclOperation, AclResourceType } from "./types.ts";

/**
 * Principal with which `kit drift` and the exporter of metrics look at a cluster: it sees names, settings and offsets, reads no
 * record and changes nothing.
 */
export const auditorPrincipal = "platform-auditor";

/** Kafka's name of the cluster as a resource of access rules. */
const CLUSTER = "kafka-cluster";
/** Kafka's wildcard: a literal rule on it covers every resource of the type. */
export const anyResource = "*";

/**
 * All that the auditor may do. On the cluster, Describe shows rules and SCRAM users (never their secrets), DescribeConfigs
 * shows quotas; on topics, Describe shows partitions and their ends, and DescribeConfigs their configuration; on groups,
 * Describe shows members and committed offsets.
 */
export const auditorGrants: readonly {
  readonly operations: readonly AclOperation[];
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
}[] = [
  { operations: ["Describe", "DescribeConfigs"], resourceType: "Cluster", resourceName: CLUSTER },
  { operations: ["Describe", "DescribeConfigs"], resourceType: "Topic", resourceName: anyResource },
  { operations: ["Describe"], resourceType: "Group", resourceName: anyResource },
];
