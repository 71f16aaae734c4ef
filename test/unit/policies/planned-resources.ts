/** The resources that the program's components declare for a plan: KafkaTopics, KafkaAccess and SchemaSubjects. */
import type { PlatformPlan } from "../../../components/plan/types.ts";
import type { ResourceFacts } from "../../../policies/facts.ts";

const project = "event-platform";

/** The resources of a plan, with the inputs and names that the components give them. */
export function plannedResources(plan: PlatformPlan, stack: string): ResourceFacts[] {
  const resource = (type: string, name: string, props: Record<string, unknown>): ResourceFacts => ({
    type,
    name,
    urn: `urn:pulumi:${stack}::${project}::${type}::${name}`,
    props,
    protect: true,
  });
  return [
    ...plan.topics.map(({ name, partitions, replicationFactor, config }) =>
      resource("kafka:index/topic:Topic", name, { name, partitions, replicationFactor, config }),
    ),
    ...plan.principals.map(({ name }) =>
      resource("kafka:index/userScramCredential:UserScramCredential", name, {
        username: name,
        scramMechanism: "SCRAM-SHA-512",
        scramIterations: 4096,
      }),
    ),
    ...plan.acls.map(({ key, principal, operation, resourceType, resourceName, pattern }) =>
      resource("kafka:index/acl:Acl", key, {
        aclPrincipal: `User:${principal}`,
        aclHost: "*",
        aclOperation: operation,
        aclPermissionType: "Allow",
        aclResourceType: resourceType,
        aclResourceName: resourceName,
        resourcePatternTypeFilter: pattern,
      }),
    ),
    ...plan.quotas.map(({ principal, producerByteRate, consumerByteRate }) =>
      resource("kafka:index/quota:Quota", principal, {
        entityType: "user",
        entityName: principal,
        config: {
          ...(producerByteRate === undefined ? {} : { producer_byte_rate: String(producerByteRate) }),
          ...(consumerByteRate === undefined ? {} : { consumer_byte_rate: String(consumerByteRate) }),
        },
      }),
    ),
    ...plan.subjects.map(({ name, schema, compatibility }) =>
      resource("kit:index:SchemaSubject", name, { subject: name, schemaType: "AVRO", schema, compatibility }),
    ),
  ];
}
