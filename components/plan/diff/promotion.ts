import { isIn, modelFor } from "../../model/topics/environment.ts";
import type { Model, TopicDeclaration } from "../../model/types.ts";
import { comparePlatforms } from "./compare.ts";
import { type PlatformState, platformState } from "./state.ts";
import type { Change, Hazard } from "./types.ts";

/** One setting or topic that the topics' files give to one environment and not to another. */
export interface LeadRow {
  readonly topic: string;
  /** Absent if the row is about a whole topic. */
  readonly field?: string;
  readonly here: string;
  readonly there: string;
  /** Hazard of promoting it to the other environment, with its consequences. */
  readonly hazard: Hazard;
  readonly effects: readonly string[];
  /** What to write in the file to promote it. */
  readonly write: string;
}

/** The lead of one environment over another: topics that only it has, and settings that differ in it. */
export interface Lead {
  readonly stack: string;
  readonly behind: string;
  /** Sorted by topic, then field. */
  readonly rows: readonly LeadRow[];
  /** Judgement of promoting everything at once, with the effects on access and capacity. */
  readonly verdict: Hazard;
  readonly reviewers: readonly string[];
}

/**
 * Returns the lead of the first environment over the second, and of the second over the first. A lead is what the files
 * state for an environment by name. It excludes what follows from the stacks' own settings. Pure.
 * @param whole - The model of all environments together.
 * @param today - `YYYY-MM-DD`.
 */
export function leadsBetween(first: PlatformState, second: PlatformState, whole: Model, today: string): Lead[] {
  return [leadOver(first.stackName, second, whole, today), leadOver(second.stackName, first, whole, today)].filter(
    ({ rows }) => rows.length > 0,
  );
}

function leadOver(stack: string, other: PlatformState, whole: Model, today: string): Lead {
  const behind = other.stackName;
  const declared = new Map(whole.domains.flatMap(({ topics }) => topics.map((topic) => [topic.name, topic] as const)));
  const leading = new Map(
    [...declared].filter(
      ([, topic]) => isIn(topic, stack) && (!isIn(topic, behind) || overrideOf(topic, stack) !== undefined),
    ),
  );
  if (leading.size === 0) return { stack, behind, rows: [], verdict: "safe", reviewers: [] };
  const promoted: Model = {
    domains: whole.domains.map((domain) => ({
      ...domain,
      topics: domain.topics.map((topic) => (leading.has(topic.name) ? withPromoted(topic, stack, behind) : topic)),
    })),
  };
  const { verdict, changes } = comparePlatforms(
    { before: other, after: platformState(modelFor(promoted, behind), other.stack, behind) },
    { today },
  );
  const rows = changes.flatMap((change) => {
    const topic = leading.get(change.object);
    return topic === undefined ? [] : rowOf(change, topic, stack, behind);
  });
  const reviewers = [...new Set(changes.flatMap((change) => change.reviewers))].sort();
  return {
    stack,
    behind,
    rows: rows.sort((a, b) =>
      a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : (a.field ?? "") < (b.field ?? "") ? -1 : 1,
    ),
    verdict,
    reviewers,
  };
}

function overrideOf(
  { overrides = {} }: TopicDeclaration,
  stack: string,
): NonNullable<TopicDeclaration["overrides"]>[string] | undefined {
  return Object.hasOwn(overrides, stack) ? overrides[stack] : undefined;
}

/** Returns a topic as it would be declared if the settings of one environment also held for the other. */
function withPromoted(topic: TopicDeclaration, stack: string, behind: string): TopicDeclaration {
  const own = overrideOf(topic, stack);
  const there = overrideOf(topic, behind);
  return {
    ...topic,
    ...(topic.stacks === undefined ? {} : { stacks: [...new Set([...topic.stacks, behind])].sort() }),
    ...(own === undefined
      ? {}
      : { overrides: { ...topic.overrides, [behind]: { ...own, settings: { ...there?.settings, ...own.settings } } } }),
  };
}

function rowOf(
  { kind, object, field, before, after, hazard, effects }: Change,
  topic: TopicDeclaration,
  stack: string,
  behind: string,
): LeadRow[] {
  if (kind === "topic-added")
    return [
      {
        topic: object,
        here: "declared",
        there: "–",
        hazard,
        effects,
        write: `stacks: [${[...new Set([...(topic.stacks ?? []), behind])].sort().join(", ")}], or no stacks for all`,
      },
    ];
  if (kind !== "topic-changed" || field === undefined) return [];
  return [
    {
      topic: object,
      field,
      here: String(after ?? "–"),
      there: String(before ?? "–"),
      hazard,
      effects,
      write: `${field} of overrides.${stack} at the topic itself, or in overrides.${behind}`,
    },
  ];
}
