import type { AclOperation, AclResourceType } from "../types.ts";

/**
 * Principal with which `kit drift` and the metrics exporter read a cluster. It can read names, settings and offsets. It
 * can neither read records nor change anything.
 */
export const auditorPrincipal = "platform-auditor";

/** Kafka's name of the cluster as a resource of ACLs. */
const CLUSTER = "kafka-cluster";
/** Kafka's wildcard: a literal ACL on it covers every resource of the type. */
export const anyResource = "*";

/**
 * All rights of the auditor.
 * - Cluster: Describe shows ACLs and SCRAM users (never their secrets). DescribeConfigs shows quotas.
 * - Topics: Describe shows partitions and their end offsets. DescribeConfigs shows configuration.
 * - Groups: Describe shows members and committed offsets.
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
