import { compareText } from "../../model/problems/problem.ts";
import { namedStacks } from "../../model/topics/environment.ts";
import type { Domain, Model, TopicDeclaration } from "../../model/types.ts";

/**
 * Returns the other environments that a change affects by name: a changed topic has settings for them (overrides,
 * stacks), or is added to or removed from them. The result is sorted by stack and holds these topics. For topics
 * without settings for an environment, the judgement in the one stack is enough.
 * @param before - The model of all environments before the change.
 * @param after - The model of all environments after the change.
 */
export function touchedStacks(before: Model, after: Model, stack: string): Map<string, ReadonlySet<string>> {
  const known = new Set(before.domains);
  const fresh = new Set(after.domains);
  const was = topicsIn(before, fresh);
  const is = topicsIn(after, known);
  const touched = new Map<string, Set<string>>();
  const touch = (each: string, topic: string): void => {
    if (each !== stack) touched.set(each, (touched.get(each) ?? new Set()).add(topic));
  };
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(name), is.get(name)];
    const named = [old, now].flatMap((topic) => (topic === undefined ? [] : namedStacks(topic)));
    if (named.length > 0 && content(old) !== content(now)) for (const each of named) touch(each, name);
  }
  const removed = (model: Model) =>
    JSON.stringify(
      model.domains.flatMap(({ removals }) => removals.map(({ topic, stacks = [], date }) => [topic, stacks, date])),
    );
  if (removed(before) !== removed(after))
    for (const { topic, stacks = [] } of after.domains.flatMap(({ removals }) => removals))
      for (const each of stacks) touch(each, topic);
  return new Map([...touched].sort(([a], [b]) => compareText(a, b)));
}

/** Returns the other environments for which a topic has settings of its own, with these topics. */
export function stacksWithOwnTopics(model: Model, stack: string): Map<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const topic of model.domains.flatMap(({ topics }) => topics)) {
    for (const each of namedStacks(topic))
      if (each !== stack) found.set(each, (found.get(each) ?? new Set()).add(topic.name));
  }
  return new Map([...found].sort(([a], [b]) => compareText(a, b)));
}

/** Returns the topics of the domains that the other side does not share. */
function topicsIn(model: Model, shared: ReadonlySet<Domain>): Map<string, TopicDeclaration> {
  return new Map(
    model.domains
      .filter((domain) => !shared.has(domain))
      .flatMap(({ topics }) => topics.map((topic) => [topic.name, topic] as const)),
  );
}

/** Returns the content of a topic, without its source locations. */
function content(topic: TopicDeclaration | undefined): string | undefined {
  return topic === undefined
    ? undefined
    : JSON.stringify(topic, (key, value: unknown) => (key === "source" || key === "places" ? undefined : value));
}
