import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectRead } from "../../../components/model/read.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { auditorPrincipal } from "../../../components/plan/access/auditor.ts";
import { replayerPrincipal } from "../../../components/plan/access/replayer.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { registryPrincipal, registryTopics } from "../../../components/plan/registry.ts";
import type { PlatformPlan } from "../../../components/plan/types.ts";
import { filesOf, modelOf, type SampleTopic, sampleTopics, stackWith, withoutSources } from "./sample-models.ts";

const stack = stackWith();
const plan = (topics: readonly SampleTopic[]): PlatformPlan => planPlatform(modelOf(topics), stack);

/** Shuffles the topics, and the producers and consumers within each. */
const shuffled = (topics: readonly SampleTopic[]): fc.Arbitrary<SampleTopic[]> =>
  fc
    .tuple(
      ...topics.map((topic) =>
        fc.tuple(
          fc.shuffledSubarray([...topic.producers], { minLength: topic.producers.length }),
          fc.shuffledSubarray([...topic.consumers], { minLength: topic.consumers.length }),
        ),
      ),
    )
    .map((orders) =>
      topics.map((topic, index) => ({
        ...topic,
        producers: orders[index]?.[0] ?? [],
        consumers: orders[index]?.[1] ?? [],
      })),
    )
    .chain((changed) => fc.shuffledSubarray(changed, { minLength: changed.length }));

/** Everything in a plan that becomes a resource, by its key. */
function keyed(of: PlatformPlan): Map<string, string> {
  const { topics, principals, acls, quotas, subjects } = withoutSources(of) as PlatformPlan;
  return new Map([
    ...topics.map((topic): [string, string] => [`topic ${topic.name}`, JSON.stringify(topic)]),
    ...principals.map((principal): [string, string] => [`principal ${principal.name}`, JSON.stringify(principal)]),
    ...acls.map(({ reason: _reason, ...acl }): [string, string] => [`acl ${acl.key}`, JSON.stringify(acl)]),
    ...quotas.map((quota): [string, string] => [`quota ${quota.principal}`, JSON.stringify(quota)]),
    ...subjects.map((subject): [string, string] => [`subject ${subject.name}`, JSON.stringify(subject)]),
  ]);
}

describe("the plan of any project", () => {
  it("does not depend on the order of files and keys", () => {
    fc.assert(
      fc.property(
        sampleTopics.chain((topics) => fc.tuple(fc.constant(topics), shuffled(topics))),
        ([topics, other]) => {
          expect(withoutSources(planPlatform(expectRead(readTopics(filesOf(other).reverse())), stack))).toEqual(
            withoutSources(plan(topics)),
          );
        },
      ),
    );
  });

  it("is sorted, with unique keys", () => {
    fc.assert(
      fc.property(sampleTopics, (topics) => {
        const { topics: planned, principals, acls, quotas, subjects, contracts } = plan(topics);
        for (const keys of [
          planned.map(({ name }) => name),
          principals.map(({ name }) => name),
          acls.map(({ key }) => key),
          quotas.map(({ principal }) => principal),
          subjects.map(({ name }) => name),
          contracts.map(({ service }) => service),
        ]) {
          expect(keys).toEqual([...new Set(keys)].sort());
        }
      }),
    );
  });

  it("changes nothing else when a topic is added in the middle", () => {
    fc.assert(
      fc.property(sampleTopics, fc.nat(), (topics, at) => {
        const added: SampleTopic = {
          name: "t-zero",
          partitions: 5,
          events: 1,
          producers: [{ service: "newcomer" }],
          consumers: [{ service: "reader", events: 1, instances: 1 }],
        };
        const place = at % (topics.length + 1);
        const before = keyed(plan(topics));
        const after = keyed(plan([...topics.slice(0, place), added, ...topics.slice(place)]));
        for (const [key, value] of before) expect(after.get(key), key).toBe(value);
        const news = [...after.keys()].filter((key) => !before.has(key));
        for (const key of news) expect(key).toMatch(/t-zero|newcomer|reader/);
      }),
    );
  });

  it("lets each service read and write exactly what is declared for it", () => {
    fc.assert(
      fc.property(sampleTopics, (topics) => {
        const { acls, contracts } = plan(topics);
        const allowed = (service: string, operation: string): string[] =>
          acls
            .filter((acl) => acl.principal === service && acl.operation === operation && acl.resourceType === "Topic")
            .map((acl) => acl.resourceName);
        for (const service of new Set(
          topics.flatMap((topic) => [...topic.producers, ...topic.consumers].map((each) => each.service)),
        )) {
          const consumed = topics.filter((topic) => topic.consumers.some((consumer) => consumer.service === service));
          const retries = new Set(
            consumed.flatMap((topic) =>
              topic.consumers.flatMap((consumer) => (consumer.service === service ? (consumer.retry ?? []) : [])),
            ),
          );
          const own =
            consumed.length === 0
              ? []
              : [`${service}.dlt`, ...[...retries].map((delay) => `${service}.retry-${delay}`)];
          const reads = [...new Set([...consumed.map((topic) => topic.name), ...own])].sort();
          const produced = topics
            .filter((topic) => topic.producers.some((producer) => producer.service === service))
            .map((topic) => topic.name);
          const writes = [...new Set([...produced, ...own])].sort();
          expect(allowed(service, "Read")).toEqual(reads);
          expect(allowed(service, "Write")).toEqual(writes);
          expect(allowed(service, "Describe")).toEqual([...new Set([...reads, ...writes])].sort());
          for (const { name: topic } of consumed) expect(allowed(replayerPrincipal, "Write")).toContain(topic);
          const contract = contracts.find((each) => each.service === service);
          expect(contract?.consumes.map((each) => each.topic)).toEqual(consumed.map((topic) => topic.name).sort());
          expect(contract?.group).toBe(consumed.length === 0 ? undefined : service);
        }
      }),
    );
  });

  it("gives no one access to what is not planned, and only the registry a prefix, and no one Create", () => {
    fc.assert(
      fc.property(sampleTopics, (topics) => {
        const { acls, principals, topics: planned, contracts } = plan(topics);
        const topicNames = new Set(planned.map(({ name }) => name));
        const names = new Set(principals.map(({ name }) => name));
        for (const acl of acls) {
          expect(names).toContain(acl.principal);
          expect(acl.operation).not.toBe("Create");
          if (acl.principal === auditorPrincipal) {
            expect(["Describe", "DescribeConfigs"]).toContain(acl.operation);
            continue;
          }
          if (acl.resourceType === "Topic") expect(topicNames).toContain(acl.resourceName);
          else expect(acl.resourceType).toBe("Group");
          if (acl.principal === registryPrincipal) continue;
          expect(acl.pattern).toBe("Literal");
          expect(["Read", "Write", "Describe"]).toContain(acl.operation);
          if (acl.principal === replayerPrincipal) {
            expect(["Write", "Describe"]).toContain(acl.operation);
            expect(
              contracts.some(({ consumes }) => consumes.some(({ topic }) => topic === acl.resourceName)),
              acl.key,
            ).toBe(true);
          }
          expect(registryTopics).not.toContain(acl.resourceName);
          if (acl.resourceType === "Group") expect(acl.resourceName).toBe(acl.principal);
        }
      }),
    );
  });

  it("keeps each dead-letter and retry topic at least as long, and as wide, as what it is for, and never without end", () => {
    fc.assert(
      fc.property(sampleTopics, (topics) => {
        const { topics: planned, contracts } = plan(topics);
        const config = (name: string, key: string): number =>
          Number(planned.find((topic) => topic.name === name)?.config[key]);
        for (const { deadLetterTopic, retryTopics, consumes } of contracts) {
          for (const name of [
            ...(deadLetterTopic === undefined ? [] : [deadLetterTopic]),
            ...retryTopics.map(({ topic }) => topic),
          ]) {
            for (const { topic } of consumes) {
              expect(config(name, "retention.ms")).toBeGreaterThanOrEqual(Math.max(1, config(topic, "retention.ms")));
              expect(config(name, "max.message.bytes")).toBeGreaterThan(config(topic, "max.message.bytes"));
            }
          }
        }
      }),
    );
  });
});
