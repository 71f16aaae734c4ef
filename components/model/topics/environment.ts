import { compareText, type Problem } from "../problems/problem.ts";
import { didYouMean } from "../problems/suggestion.ts";
import type { Domain, Model, TopicDeclaration } from "../types.ts";

/*
 * The declaration of the topics for one environment: the topics that it has, with its overrides. If an environment
 * overrides nothing in a domain, it shares the domain and topic objects with the whole model, so that comparisons can
 * skip them by identity.
 */

/** Domains by environment, computed once for each. */
const made = new WeakMap<Domain, Map<string, Domain>>();

/** Returns the model of an environment. Pure; equal domains give the same object. */
export function modelFor(model: Model, stack: string | undefined): Model {
  if (stack === undefined) return model;
  const domains = model.domains.map((domain) => domainFor(domain, stack));
  return domains.every((domain, index) => domain === model.domains[index]) ? model : { domains };
}

function domainFor(domain: Domain, stack: string): Domain {
  if (!domain.topics.some(differs) && !domain.removals.some(({ stacks }) => stacks !== undefined)) return domain;
  const known = made.get(domain)?.get(stack);
  if (known !== undefined) return known;
  const own = {
    ...domain,
    topics: domain.topics.filter((topic) => isIn(topic, stack)).map((topic) => topicFor(topic, stack)),
    elsewhere: domain.topics.filter((topic) => !isIn(topic, stack)),
    removals: domain.removals.filter(({ stacks }) => stacks === undefined || stacks.includes(stack)),
  };
  const byStack = made.get(domain) ?? new Map<string, Domain>();
  made.set(domain, byStack.set(stack, own));
  return own;
}

function differs({ stacks, overrides }: TopicDeclaration): boolean {
  return stacks !== undefined || overrides !== undefined;
}

/** Returns whether an environment has a topic. */
export function isIn({ stacks }: Pick<TopicDeclaration, "stacks">, stack: string): boolean {
  return stacks === undefined || stacks.includes(stack);
}

function topicFor(topic: TopicDeclaration, stack: string): TopicDeclaration {
  const own =
    topic.overrides !== undefined && Object.hasOwn(topic.overrides, stack) ? topic.overrides[stack] : undefined;
  if (own === undefined) return topic;
  return {
    ...topic,
    ...own.settings,
    ...(own.settings.partitions === undefined ? {} : { partitionsAsIs: true }),
    places: { ...topic.places, ...own.places },
  };
}

/** Returns the environments that a topic's declaration names, sorted. */
export function namedStacks({ stacks = [], overrides = {} }: Pick<TopicDeclaration, "stacks" | "overrides">): string[] {
  return [...new Set([...stacks, ...Object.keys(overrides)])].sort(compareText);
}

/** Returns the problems of environments that the files name and that have no file `stacks/Pulumi.<stack>.yaml`. */
export function unknownStackNames(model: Model, known: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const check = (
    what: string,
    stack: string,
    place: { readonly file: string; readonly line: number; readonly column: number },
  ): void => {
    if (known.includes(stack)) return;
    const fix = didYouMean(stack, known);
    problems.push({
      rule: "unknown-stack",
      ...place,
      message: `${what}: there is no stack ${JSON.stringify(stack)}`,
      ...(fix === undefined ? {} : { fix }),
    });
  };
  for (const { topics, removals } of model.domains) {
    for (const topic of topics) {
      for (const stack of topic.stacks ?? []) check(topic.name, stack, topic.places[`stacks.${stack}`] ?? topic.source);
      for (const [stack, { source }] of Object.entries(topic.overrides ?? {})) check(topic.name, stack, source);
    }
    for (const { topic, stacks = [], source } of removals)
      for (const stack of stacks) check(`the removal of ${topic}`, stack, source);
  }
  return problems;
}
