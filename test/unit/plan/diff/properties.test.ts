import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectRead } from "../../../../components/model/read.ts";
import { readTopics } from "../../../../components/model/topics/read-topics.ts";
import { comparePlatforms } from "../../../../components/plan/diff/compare.ts";
import { compareHazards } from "../../../../components/plan/diff/hazard.ts";
import { applyPlanDelta, planDelta } from "../../../../components/plan/diff/plan-delta.ts";
import { platformState } from "../../../../components/plan/diff/state.ts";
import type { Change, PlatformDiff } from "../../../../components/plan/diff/types.ts";
import type { PlatformPlan } from "../../../../components/plan/types.ts";
import { filesOf, modelOf, type SampleTopic, sampleTopics, stackWith, withoutSources } from "../sample-models.ts";
import { edited, edits, sampleState } from "./edits.ts";

const TODAY = "2026-11-25";
const diffOf = (before: readonly SampleTopic[], after: readonly SampleTopic[]): PlatformDiff =>
  comparePlatforms({ before: sampleState(before), after: sampleState(after) }, { today: TODAY });
/** A change without its place: lines move with their neighbours. */
const withoutPlace = ({ source: _source, ...change }: Change): unknown => change;
const pairs = fc.tuple(sampleTopics, sampleTopics);
const changed = sampleTopics.chain((topics) => fc.tuple(fc.constant(topics), edits(topics.length)));

describe("the diff of any two trees", () => {
  it("is empty for a tree and itself", () => {
    fc.assert(
      fc.property(sampleTopics, (topics) => {
        const { verdict, changes, counts, digest } = diffOf(topics, topics);
        expect({ verdict, changes }).toEqual({ verdict: "safe", changes: [] });
        expect(Object.values(counts)).toEqual(
          Object.values(counts).map(() => ({ created: 0, changed: 0, deleted: 0 })),
        );
        const [head, base] = digest.split("-");
        expect(head).toBe(base);
      }),
    );
  });

  it("yields the head when its plan is applied to the base", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const [base, head] = [sampleState(before).plan, sampleState(after).plan];
        const content = (plan: PlatformPlan): unknown =>
          withoutSources({ ...plan, acls: plan.acls.map((acl) => ({ ...acl, reason: "" })) });
        expect(content(applyPlanDelta(base, planDelta(base, head)))).toEqual(content(head));
      }),
    );
  });

  it("tells of every resource that is touched", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const { changes } = diffOf(before, after);
        const delta = planDelta(sampleState(before).plan, sampleState(after).plan);
        const told = (...names: readonly string[]): boolean =>
          changes.some(({ object, before: old, after: value }) =>
            names.some((name) => object === name || object.startsWith(`${name}/`) || old === name || value === name),
          );
        for (const topic of [...delta.topics.created, ...delta.topics.changed])
          expect(told(topic.name, topic.name.replace(/\.(dlt|retry-.*)$/, "")), topic.name).toBe(true);
        for (const topic of delta.topics.deleted) expect(told(topic), topic).toBe(true);
        for (const subject of [...delta.subjects.created, ...delta.subjects.changed])
          expect(told(`${subject.topic}/${subject.eventType}`, subject.topic), subject.name).toBe(true);
        for (const { principal } of [...delta.acls.created, ...delta.quotas.changed])
          expect(told(principal), principal).toBe(true);
        for (const key of delta.acls.deleted) expect(told(key.slice(0, key.indexOf("/"))), key).toBe(true);
      }),
    );
  });

  it("does not depend on the order of files, topics, producers or consumers", () => {
    fc.assert(
      fc.property(changed, ([before, made]) => {
        const after = edited(before, made);
        const stack = stackWith();
        const reversed = (topics: readonly SampleTopic[]) => {
          const turned = topics
            .map((topic) => ({
              ...topic,
              producers: [...topic.producers].reverse(),
              consumers: [...topic.consumers].reverse(),
            }))
            .reverse();
          return platformState(expectRead(readTopics(filesOf(turned).reverse())), stack, "local");
        };
        const straight = comparePlatforms(
          {
            before: platformState(modelOf(before), stack, "local"),
            after: platformState(modelOf(after), stack, "local"),
          },
          { today: TODAY },
        );
        const turned = comparePlatforms({ before: reversed(before), after: reversed(after) }, { today: TODAY });
        expect(turned.changes.map(withoutPlace)).toEqual(straight.changes.map(withoutPlace));
        expect(turned.digest).toBe(straight.digest);
      }),
    );
  });

  it("is never milder than the diff of a part of the same edits", () => {
    fc.assert(
      fc.property(changed, fc.nat(), ([topics, made], split) => {
        // Services of their own: a group that reads two topics has one dead-letter topic, and one edit can make up for the other.
        const apart = topics.map((topic) => ({
          ...topic,
          producers: topic.producers.map((producer) => ({ ...producer, service: `${producer.service}-${topic.name}` })),
          consumers: topic.consumers.map((consumer) => ({ ...consumer, service: `${consumer.service}-${topic.name}` })),
        }));
        const part = made.slice(0, split % made.length);
        const whole = diffOf(apart, edited(apart, made));
        expect(compareHazards(whole.verdict, diffOf(apart, edited(apart, part)).verdict)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("names someone for whatever is not safe, says what to do instead of what is refused, and always says why", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        for (const change of diffOf(before, after).changes) {
          expect(change.effects.length, JSON.stringify(change)).toBeGreaterThan(0);
          expect(change.reviewers.length > 0, JSON.stringify(change)).toBe(change.hazard !== "safe");
          if (change.hazard === "refused") expect(change.advice?.length ?? 0).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("refuses a removal of a topic and a lowering of partitions, whatever else changes", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const { changes } = diffOf(before, after);
        for (const topic of before) {
          const other = after.find(({ name }) => name === topic.name);
          const lost = other === undefined || other.partitions < topic.partitions;
          if (lost)
            expect(
              changes.some(({ object, hazard }) => object === topic.name && hazard === "refused"),
              topic.name,
            ).toBe(true);
        }
      }),
    );
  });

  it.each([
    ["the stack's factor", 30, /^set topics\.partitionFactor in the stack's file back to 1/],
    ["the topic's own number", 12, /^set partitions of t-one back to 30/],
  ])("names %s where that is what lowers partitions", (_what, partitions, advice) => {
    const state = (declared: number, partitionFactor: number) =>
      platformState(
        modelOf([{ name: "t-one", partitions: declared, events: 1, producers: [], consumers: [] }]),
        stackWith({ topics: { partitionFactor } }),
        "prod",
      );
    const { changes } = comparePlatforms({ before: state(30, 1), after: state(partitions, 0.5) }, { today: TODAY });
    expect(changes.filter(({ hazard }) => hazard === "refused").flatMap((change) => change.advice ?? [])).toEqual([
      expect.stringMatching(advice),
    ]);
  });
});
