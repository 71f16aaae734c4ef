import type { SourceLocation } from "../components/model/problems/source-location.ts";
import type { Model } from "../components/model/types.ts";
import { registryPrincipal } from "../components/plan/registry.ts";
import { topologyOf } from "../components/plan/topology.ts";
import type { PlatformPlan } from "../components/plan/types.ts";
import type { ClusterFacts } from "./facts.ts";

/** Returns the cluster objects of a plan, with the location of each declaration that they follow from. */
export function factsOfPlan(model: Model, plan: PlatformPlan): ClusterFacts {
  const topology = topologyOf(model);
  const declarations = new Map(topology.topics.map((topic) => [topic.name, topic]));
  const services = new Map<string, SourceLocation>(
    [...topology.productions].flatMap(([service, [first]]) =>
      first === undefined ? [] : [[service, first.producer.source] as const],
    ),
  );
  for (const group of topology.groups.values()) services.set(group.service, group.source);
  const placeOf = (principal: string): SourceLocation => services.get(principal) ?? planPlace;
  const serviceTopics = new Map(
    topology.topics.map((topic) => [
      topic.name,
      new Map([...topic.producers, ...topic.consumers].map((each) => [each.service, each.source])),
    ]),
  );
  return {
    topics: plan.topics.map((topic) => {
      const declaration = declarations.get(topic.name);
      return { ...topic, ...(declaration === undefined ? {} : { declaration }) };
    }),
    subjects: [
      ...plan.subjects.map(({ references, ...subject }) => ({
        ...subject,
        ...(references === undefined ? {} : { selfContained: references.selfContained }),
      })),
      ...plan.sharedSubjects.map(({ name, schema, compatibility, source }) => ({
        name,
        schema,
        compatibility,
        source,
      })),
    ],
    acls: plan.acls.map((acl) => ({
      principal: acl.principal,
      host: "*",
      operation: acl.operation,
      permission: "Allow",
      resourceType: acl.resourceType,
      resourceName: acl.resourceName,
      pattern: acl.pattern,
      source: serviceTopics.get(acl.resourceName)?.get(acl.principal) ?? placeOf(acl.principal),
    })),
    quotas: plan.quotas.map((quota) => ({
      entityType: "user",
      entityName: quota.principal,
      config: {
        ...(quota.producerByteRate === undefined ? {} : { producer_byte_rate: quota.producerByteRate }),
        ...(quota.consumerByteRate === undefined ? {} : { consumer_byte_rate: quota.consumerByteRate }),
      },
      source: placeOf(quota.principal),
    })),
    users: plan.principals.map(({ name }) => ({
      name,
      mechanism: "SCRAM-SHA-512",
      iterations: 4_096,
      source: name === registryPrincipal ? planPlace : placeOf(name),
    })),
  };
}

/** Location for objects that no file declares, such as the registry's own access. */
const planPlace: SourceLocation = { file: "components/plan/registry.ts", line: 1, column: 1 };
