import * as z from "zod";
import type { SourceLocation } from "../../components/model/problems/source-location.ts";
import { formatDuration } from "../../components/model/values/duration.ts";
import { deadLetterTopicName, retryTopicName } from "../../components/model/values/names.ts";
import { formatSize } from "../../components/model/values/size.ts";
import { transactionalIdPrefix } from "../../components/plan/access/access.ts";
import { topologyOf } from "../../components/plan/topology.ts";
import { type ClusterFacts, type TopicFacts, topicKindOf } from "../facts.ts";
import { type Breach, type Rule, rule, ruleWith } from "../rule.ts";
import { configNumber } from "./configuration.ts";
import { duration } from "./parameters.ts";

interface SampleTopic {
  readonly name: string;
  readonly retention: string;
  readonly size: number;
}

/** Returns a group that consumes order-events, with the topic and its dead-letter topic, as resources. */
function group(deadLetters: SampleTopic | undefined): string {
  const topic = ({ name, retention, size }: SampleTopic): string =>
    `- {type: kafka:index/topic:Topic, name: ${name}, protect: true, props: {name: ${name}, partitions: 12, replicationFactor: 3, config: {min.insync.replicas: "2", retention.ms: "${retention}", max.message.bytes: "${size}"}}}`;
  const allow = (type: string, name: string): string =>
    `- {type: kafka:index/acl:Acl, name: payment-service-${type}-${name}, props: {aclPrincipal: "User:payment-service", aclHost: "*", aclOperation: Read, aclPermissionType: Allow, aclResourceType: ${type}, aclResourceName: ${name}, resourcePatternTypeFilter: Literal}}`;
  return [
    topic({ name: "order-events", retention: "604800000", size: 1_000_000 }),
    ...(deadLetters === undefined ? [] : [topic(deadLetters)]),
    allow("Topic", "order-events"),
    allow("Group", "payment-service"),
  ].join("\n");
}

const days = (count: number): string => String(count * 86_400_000);
const goodDeadLetters: SampleTopic = { name: "payment-service.dlt", retention: days(30), size: 1_065_536 };

/** Rules on consumer groups: dead-letter and retry topics, and the distribution of work. */
export const consumerRules: readonly Rule[] = [
  rule({
    id: "dead-letter-exists",
    subject: "consumers",
    level: "error",
    summary: "Each consumer group has a dead-letter topic.",
    rationale:
      "A record that can't be handled goes to the dead-letter topic; without one, it blocks its partition forever.",
    wrong: { resources: group(undefined) },
    right: { resources: group(goodDeadLetters) },
    checks: () => ({
      cluster: (cluster) =>
        groupsOf(cluster).flatMap(({ name, source, letters }): Breach[] =>
          letters.some(({ kind }) => kind === "dead-letter")
            ? []
            : [
                {
                  message: `the group ${name} has no topic ${deadLetterTopicName(name)}`,
                  fix: "declare the consumer in topics/; the kit derives its dead-letter topic",
                  object: name,
                  at: source,
                },
              ],
        ),
    }),
  }),
  ruleWith({
    id: "dead-letter-retention",
    subject: "consumers",
    level: "error",
    summary: "Dead-letter and retry topics keep records at least as long as the source topics with a finite retention.",
    rationale:
      "A dead-letter record that expires before it is resolved is a lost event, and so is a retry that expires before its delay.",
    parameters: z.strictObject({ min: duration("Minimum retention of dead-letter records.").prefault("14d") }),
    wrong: { resources: group({ ...goodDeadLetters, retention: days(3) }) },
    right: { resources: group(goodDeadLetters) },
    checks: ({ min }) => ({
      cluster: (cluster) =>
        groupsOf(cluster).flatMap(({ sources, letters, source }) => {
          const kept = sources.map((topic) => configNumber(topic, "retention.ms")).filter((each) => each !== undefined);
          // A topic with endless retention does not require endless dead-letter records.
          const longest = Math.max(0, ...kept);
          return letters.flatMap((topic): Breach[] => {
            const own = configNumber(topic, "retention.ms");
            const wanted = topic.kind === "dead-letter" ? Math.max(min, longest) : longest;
            if (own === undefined || own === -1 || own >= wanted) return [];
            return [
              {
                message: `${topic.name} keeps records for ${formatDuration(own)}; its source topics and delays need ${formatDuration(wanted)}`,
                fix: `set its retention to ${formatDuration(wanted)}`,
                object: topic.name,
                at: source,
              },
            ];
          });
        }),
    }),
  }),
  rule({
    id: "dead-letter-size",
    subject: "consumers",
    level: "error",
    summary: "A dead-letter or retry topic accepts larger records than its source topics.",
    rationale:
      "A dead-letter record has additional headers. If the topic rejects it for its size, the record blocks its partition.",
    wrong: { resources: group({ ...goodDeadLetters, size: 1_000_000 }) },
    right: { resources: group(goodDeadLetters) },
    checks: () => ({
      cluster: (cluster) =>
        groupsOf(cluster).flatMap(({ sources, letters, source }) => {
          const largest = Math.max(0, ...sources.map((topic) => configNumber(topic, "max.message.bytes") ?? 0));
          return letters.flatMap((topic): Breach[] => {
            const own = configNumber(topic, "max.message.bytes");
            return own === undefined || own > largest
              ? []
              : [
                  {
                    message: `${topic.name} accepts records up to ${formatSize(own)}, which leaves no room for the additional headers`,
                    fix: `set max.message.bytes to ${largest + 65_536}`,
                    object: topic.name,
                    at: source,
                  },
                ];
          });
        }),
    }),
  }),
  rule({
    id: "retry-exists",
    subject: "consumers",
    level: "error",
    summary: "Each retry delay of a consumer has a topic.",
    rationale: "A service that sends to a missing topic stops.",
    wrong: { prose: "a plan without payment-service.retry-10s, though payment-service asks for retry: [10s]" },
    right: { topic: "consumers: {payment-service: {retry: [10s, 5m]}}" },
    checks: () => ({
      declaration({ model, plan }) {
        const planned = new Set(plan.topics.map(({ name }) => name));
        return model.domains
          .flatMap(({ topics }) => topics)
          .flatMap(({ consumers }) =>
            consumers.flatMap(({ service, retryDelays, source }) =>
              retryDelays
                .map((delay) => retryTopicName(service, formatDuration(delay)))
                .filter((name) => !planned.has(name))
                .map(
                  (name): Breach => ({
                    message: `${service} needs ${name}, which is not in the plan`,
                    fix: "this is a bug in the kit: report it",
                    object: service,
                    at: source,
                  }),
                ),
            ),
          );
      },
    }),
  }),
  rule({
    id: "transactional-id",
    subject: "consumers",
    level: "error",
    summary: "A service that writes in transactions may use only its own transactional ids.",
    rationale: "Without the ACL its first transaction fails; with another service's id it would fence that service.",
    wrong: {
      resources:
        '- {type: kafka:index/acl:Acl, name: example, props: {aclPrincipal: "User:order-service", aclHost: "*", aclOperation: Write, aclPermissionType: Allow, aclResourceType: TransactionalID, aclResourceName: shared, resourcePatternTypeFilter: Literal}}',
    },
    right: {
      resources:
        '- {type: kafka:index/acl:Acl, name: example, props: {aclPrincipal: "User:order-service", aclHost: "*", aclOperation: Write, aclPermissionType: Allow, aclResourceType: TransactionalID, aclResourceName: order-service.1, resourcePatternTypeFilter: Literal}}',
    },
    checks: () => ({
      acl({ principal, resourceType, resourceName }) {
        if (
          resourceType !== "TransactionalID" ||
          principal === undefined ||
          resourceName === undefined ||
          resourceName.startsWith(transactionalIdPrefix(principal))
        )
          return undefined;
        return {
          message: `${principal} may use the transactional id ${resourceName}`,
          fix: `begin it with ${transactionalIdPrefix(principal)}`,
        };
      },
      declaration({ model, plan }) {
        const allowed = new Set(
          plan.acls
            .filter(({ resourceType }) => resourceType === "TransactionalID")
            .map(({ principal, operation }) => `${principal} ${operation}`),
        );
        return model.domains
          .flatMap(({ topics }) => topics)
          .flatMap(({ producers }) =>
            producers.flatMap(({ service, transactional, source }): Breach[] =>
              transactional !== true || (allowed.has(`${service} Write`) && allowed.has(`${service} Describe`))
                ? []
                : [
                    {
                      message: `${service} writes in transactions but has no ACL for a transactional id`,
                      fix: "this is a bug in the kit: report it",
                      object: service,
                      at: source,
                    },
                  ],
            ),
          );
      },
    }),
  }),
  rule({
    id: "co-partitioning",
    subject: "consumers",
    level: "info",
    summary: "Topics with the same key that one group consumes have the same number of partitions.",
    rationale:
      "Only then do all records of an entity reach the same instance. A group that joins topics in memory needs this; a group that keeps its state in a database does not.",
    wrong: {
      domain:
        "topics: {payment-events: {partitions: 6, consumers: {payment-service: {instances: 3, events: [payment.processed], quota: 1MiB/s}, order-service: null}}}\nsagas: null",
    },
    right: { domain: "topics: {payment-events: {partitions: 12}}" },
    checks: () => ({
      declaration({ model }) {
        return [...topologyOf(model).groups.values()].flatMap(({ service, consumptions }) => {
          const byKey = Map.groupBy(
            consumptions.filter(({ topic }) => topic.key !== undefined),
            ({ topic }) => topic.key,
          );
          return [...byKey].flatMap(([key, together]): Breach[] => {
            const counts = new Set(together.map(({ topic }) => topic.partitions));
            const odd = together.find(({ topic }) => topic.partitions !== together[0]?.topic.partitions);
            if (counts.size < 2 || odd === undefined) return [];
            return [
              {
                message: `${service} consumes topics with key ${key ?? ""} and different numbers of partitions: ${together.map(({ topic }) => `${topic.name} ${topic.partitions}`).join(", ")}`,
                fix: "give them the same number if the group joins them in memory",
                object: service,
                at: odd.consumer.source,
              },
            ];
          });
        });
      },
    }),
  }),
];

/** A group, as far as ACLs and topics describe it. */
interface Group {
  readonly name: string;
  readonly source: SourceLocation;
  /** Topics that its principal reads. */
  readonly sources: readonly TopicFacts[];
  /** Its dead-letter and retry topics. */
  readonly letters: readonly TopicFacts[];
}

const groups = new WeakMap<ClusterFacts, readonly Group[]>();

/** Returns every group that a principal may read with. It is computed once per cluster. */
function groupsOf(cluster: ClusterFacts): readonly Group[] {
  const known = groups.get(cluster);
  if (known !== undefined) return known;
  const topics = new Map(cluster.topics.map((topic) => [topic.name, topic]));
  const derived = Map.groupBy(
    cluster.topics.filter(({ kind }) => kind === "dead-letter" || kind === "retry"),
    ({ name }) => name.replace(/\.dlt$|\.retry-.*$/, ""),
  );
  const reads = Map.groupBy(
    cluster.acls.filter(({ operation, resourceType }) => operation === "Read" && resourceType === "Topic"),
    ({ principal }) => principal,
  );
  const found = cluster.acls
    .filter(
      ({ operation, resourceType, pattern }) =>
        operation === "Read" && resourceType === "Group" && pattern === "Literal",
    )
    .flatMap(({ principal, resourceName, source }) => {
      if (resourceName === undefined) return [];
      const sources = (reads.get(principal) ?? []).flatMap(({ resourceName: topic }) =>
        topic === undefined || topicKindOf(topic) !== "event" ? [] : (topics.get(topic) ?? []),
      );
      return [{ name: resourceName, source, sources, letters: derived.get(resourceName) ?? [] }];
    });
  groups.set(cluster, found);
  return found;
}
