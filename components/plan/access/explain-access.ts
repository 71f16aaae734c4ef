/** Explains why a principal may do something, or what to declare so that it may. Pure. */

import { compareText } from "../../model/problems/problem.ts";
import type { SourceLocation } from "../../model/problems/source-location.ts";
import type { Model, TopicDeclaration } from "../../model/types.ts";
import { isDerivedTopicName, superUsers } from "../../model/values/names.ts";
import { assumedRate } from "../../model/values/rate.ts";
import { declaredTopics } from "../topology.ts";
import type { AclOperation, PlannedAcl, PlatformPlan } from "../types.ts";
import { anyResource } from "./auditor.ts";

/** A question: may a principal perform an operation on a resource? */
export interface AccessQuestion {
  readonly principal: string;
  readonly operation: AclOperation;
  readonly resourceType: "Topic" | "Group";
  readonly resourceName: string;
}

/** A rule that allows the operation. */
export interface AllowingRule {
  readonly acl: PlannedAcl;
  /** Declarations that the rule follows from; empty for the platform's own rules. */
  readonly declared: readonly SourceLocation[];
}

/** The line to add to a file, and its location. */
export interface MissingDeclaration {
  /** File and line of the topic that gets the line. */
  readonly at: SourceLocation;
  /** Keys from the root of the file to the mapping that gets the line. */
  readonly path: readonly string[];
  /** The line, without indentation. */
  readonly line: string;
  /** The command that adds the line. Absent if there is none. */
  readonly command?: string;
}

/** The answer to a question. */
export interface AccessAnswer {
  readonly allowed: boolean;
  /** The reason, in one sentence. */
  readonly because: string;
  /** Sorted by key. */
  readonly rules: readonly AllowingRule[];
  /** Absent if the operation is allowed, or if no declaration of a team could allow it. */
  readonly missing?: MissingDeclaration;
  /** Access to content stored outside Kafka (claim checks), which no ACL covers. Absent if the topic has none. */
  readonly store?: readonly string[];
}

/**
 * Operations that imply another one, as in Kafka's authorizer (`org.apache.kafka.server.authorizer`, KIP-11 and
 * KIP-133). Read, write, delete and alter imply describe. Altering configurations implies describing them.
 */
const IMPLIED_BY: Partial<Record<AclOperation, readonly AclOperation[]>> = {
  Describe: ["Read", "Write", "Delete", "Alter"],
  DescribeConfigs: ["AlterConfigs"],
};

/** Answers a question about the access in the plan. */
export function explainAccess(model: Model, plan: PlatformPlan, question: AccessQuestion): AccessAnswer {
  const answer = explainRules(model, plan, question);
  const store = answer.allowed ? storeAccess(model, plan, question) : [];
  return store.length === 0 ? answer : { ...answer, store };
}

function explainRules(model: Model, plan: PlatformPlan, question: AccessQuestion): AccessAnswer {
  const { principal, operation, resourceType, resourceName } = question;
  const sufficient = [operation, ...(IMPLIED_BY[operation] ?? [])];
  const rules = plan.acls
    .filter(
      (acl) =>
        acl.principal === principal &&
        acl.resourceType === resourceType &&
        sufficient.includes(acl.operation) &&
        covers(acl, resourceName),
    )
    .map((acl) => ({ acl, declared: declarationsOf(model, acl) }))
    .sort((a, b) => compareText(a.acl.key, b.acl.key));
  if (rules.length > 0)
    return { allowed: true, because: [...new Set(rules.map(({ acl }) => acl.reason))].join("; "), rules };
  // The brokers check no ACL for a super user.
  if (superUsers.some((name) => name === principal))
    return { allowed: true, because: `${principal} is a super user of the brokers, whom no rule limits`, rules: [] };
  const kind = plan.principals.find(({ name }) => name === principal)?.kind;
  if (kind === "platform")
    return {
      allowed: false,
      rules: [],
      because: `${principal} is a principal of the platform: it has the rights that its task needs, and no entry in topics/ gives it more; let a service of your own do this`,
    };
  const denied = resourceType === "Group" ? deniedGroup(question) : deniedTopic(model, plan, question);
  return { allowed: false, rules: [], ...denied };
}

/** Returns the principal's access to stored content of the topic, with its own key of the store. */
function storeAccess(
  model: Model,
  plan: PlatformPlan,
  { principal, operation, resourceType, resourceName }: AccessQuestion,
): string[] {
  const topic = resourceType === "Topic" ? declaredTopics(model).find(({ name }) => name === resourceName) : undefined;
  if (topic === undefined) return [];
  const { stores = [], fetches = [] } = plan.contracts.find(({ service }) => service === principal)?.claimChecks ?? {};
  if (operation === "Write")
    return stores.some((each) => each.topic === topic.name)
      ? [
          `it stores large content below ${topic.name}/${principal}/ in the claim-check store, and may write and remove there`,
        ]
      : [];
  if (operation !== "Read") return [];
  const consumer = topic.consumers.find(({ service }) => service === principal);
  const unread = topic.events.filter(
    ({ name, claimCheck }) =>
      claimCheck?.field !== undefined && consumer?.events.includes(name) === true && !consumer.fetches.includes(name),
  );
  return [
    ...fetches
      .filter((each) => each.topic === topic.name)
      .map(
        ({ producers }) =>
          `it may read what ${producers.join(", ")} stored below ${topic.name}/ in the claim-check store`,
      ),
    ...unread.map(
      ({ name, claimCheck }) =>
        `it may not read what of ${name} is stored (${claimCheck?.field ?? ""}) and finds null in its place: fetches: [${name}] in its entry on the topic lets it`,
    ),
  ];
}

function covers(acl: PlannedAcl, name: string): boolean {
  return acl.pattern === "Prefixed"
    ? name.startsWith(acl.resourceName)
    : acl.resourceName === name || acl.resourceName === anyResource;
}

/**
 * Returns the locations of a rule's reasons: the service's entries on the topic. For a derived topic, all consumers of
 * the service.
 */
function declarationsOf(model: Model, acl: PlannedAcl): readonly SourceLocation[] {
  const topics = declaredTopics(model);
  const own = topics.find((topic) => topic.name === acl.resourceName && acl.resourceType === "Topic");
  const considered = own === undefined ? topics : [own];
  const reads = considered.flatMap((topic) => topic.consumers).filter((consumer) => consumer.service === acl.principal);
  const writes = own === undefined ? [] : own.producers.filter((producer) => producer.service === acl.principal);
  const places =
    acl.operation === "Write" && own !== undefined ? writes : acl.operation === "Read" ? reads : [...writes, ...reads];
  return places.map(({ source }) => source).sort((a, b) => compareText(a.file, b.file) || a.line - b.line);
}

type Denial = Omit<AccessAnswer, "allowed" | "rules">;

function deniedGroup({ principal, operation, resourceName }: AccessQuestion): Denial {
  if (operation !== "Read" && operation !== "Describe")
    return { because: `no service may ${operation} a consumer group; the platform's administrator may` };
  if (principal !== resourceName)
    return {
      because: `a consumer group belongs to the service of the same name: only ${resourceName} may use the group ${resourceName}`,
    };
  return {
    because: `${principal} consumes no topic, so it has no consumer group; it gets one with its first entry below \`consumers\` of a topic`,
  };
}

function deniedTopic(model: Model, plan: PlatformPlan, { principal, operation, resourceName }: AccessQuestion): Denial {
  if (operation !== "Read" && operation !== "Write" && operation !== "Describe") {
    return {
      because: `no service may ${operation} a topic: topics are changed in topics/, by the principal that applies them`,
    };
  }
  const planned = plan.topics.find((topic) => topic.name === resourceName);
  if (planned?.kind === "registry")
    return { because: `${resourceName} is the schema registry's storage; nobody else may touch it` };
  const topic = declaredTopics(model).find((candidate) => candidate.name === resourceName);
  if (topic === undefined) {
    const group = isDerivedTopicName(resourceName) ? resourceName.replace(/\.dlt$|\.retry-.*$/, "") : undefined;
    return {
      because:
        group === undefined
          ? `there is no topic ${resourceName}`
          : `${resourceName} is derived for the consumer group ${group} and belongs to it alone`,
    };
  }
  const missing = operation === "Write" ? missingProducer(topic, principal) : missingConsumer(model, topic, principal);
  const verb = operation === "Write" ? "producer" : "consumer";
  return {
    because: `${topic.source.file} does not list ${principal} as a ${verb} of ${resourceName}, and what no rule allows is denied`,
    missing,
  };
}

function missingProducer(topic: TopicDeclaration, principal: string): MissingDeclaration {
  return { at: topic.source, path: ["topics", topic.name, "producers"], line: `${principal}: {rate: ${assumedRate}}` };
}

function missingConsumer(model: Model, topic: TopicDeclaration, principal: string): MissingDeclaration {
  const elsewhere = declaredTopics(model)
    .flatMap((other) => other.consumers)
    .filter((consumer) => consumer.service === principal)
    .map(({ instances }) => instances);
  const instances = Math.min(topic.partitions, Math.max(1, ...elsewhere));
  const events = topic.events.map(({ name }) => name);
  return {
    at: topic.source,
    path: ["topics", topic.name, "consumers"],
    line: `${principal}: {instances: ${instances}, events: [${events.join(", ")}]}`,
    command: `npx kit new consumer ${principal} --topic ${topic.name} --events ${events.join(",")} --instances ${instances}`,
  };
}
