import { compareText } from "../../model/problems/problem.ts";
import type { TopicDeclaration } from "../../model/types.ts";

/** Minimum likeness at which a removed and an added topic count as a rename. */
const renameThreshold = 0.6;
/**
 * Maximum number of candidates for one removed topic. Without it, a schema that many topics share would make the search
 * quadratic.
 */
const maxCandidates = 50;

/**
 * Finds removed topics that were added under another name, by their contents. Event types, records and schemas have the
 * highest weight, then key, partitions, producers and consumers. Each topic is in at most one pair. The most similar
 * pair comes first, then the order is by name.
 * @returns New name by old name.
 */
export function findRenames(
  removed: readonly TopicDeclaration[],
  added: readonly TopicDeclaration[],
): Map<string, string> {
  const byTrait = new Map<string, TopicDeclaration[]>();
  for (const topic of added) {
    for (const trait of traitsOf(topic)) {
      const sharing = byTrait.get(trait);
      if (sharing === undefined) byTrait.set(trait, [topic]);
      else sharing.push(topic);
    }
  }
  const pairs: { from: string; to: string; score: number }[] = [];
  for (const topic of removed) {
    const candidates = new Set<TopicDeclaration>();
    for (const trait of traitsOf(topic))
      for (const other of byTrait.get(trait)?.slice(0, maxCandidates) ?? [])
        if (candidates.size < maxCandidates) candidates.add(other);
    for (const other of candidates) {
      const score = likeness(topic, other);
      if (score >= renameThreshold) pairs.push({ from: topic.name, to: other.name, score });
    }
  }
  pairs.sort((a, b) => b.score - a.score || compareText(a.from, b.from) || compareText(a.to, b.to));
  const renames = new Map<string, string>();
  const taken = new Set<string>();
  for (const { from, to } of pairs) {
    if (renames.has(from) || taken.has(to)) continue;
    renames.set(from, to);
    taken.add(to);
  }
  return renames;
}

/** Returns the traits that make two topics worth comparing: an event type, a record, or a schema with the same fields. */
function traitsOf(topic: TopicDeclaration): string[] {
  return topic.events.flatMap((event) => [
    `event ${event.name}`,
    `record ${event.record}`,
    `fields ${fieldsOf(event.schema)}`,
  ]);
}

/** Returns the likeness of two topics, between 0 and 1. */
export function likeness(a: TopicDeclaration, b: TopicDeclaration): number {
  const events = Math.max(
    overlap(
      a.events.map(({ name }) => name),
      b.events.map(({ name }) => name),
    ),
    overlap(
      a.events.map(({ record }) => record),
      b.events.map(({ record }) => record),
    ),
    overlap(
      a.events.map(({ schema }) => fieldsOf(schema)),
      b.events.map(({ schema }) => fieldsOf(schema)),
    ) * 0.9,
  );
  const services = (topic: TopicDeclaration): string[] => [
    ...topic.producers.map(({ service }) => `> ${service}`),
    ...topic.consumers.map(({ service }) => `< ${service}`),
  ];
  const used = services(a).length + services(b).length === 0 ? 1 : overlap(services(a), services(b));
  return (
    events * 0.6 +
    used * 0.2 +
    (a.key === b.key ? 0.1 : 0) +
    (a.partitions === b.partitions ? 0.05 : 0) +
    (a.domain === b.domain ? 0.05 : 0)
  );
}

/** Returns Jaccard's index of two lists. */
export function overlap(a: readonly string[], b: readonly string[]): number {
  const other = new Set(b);
  const both = a.filter((each) => other.has(each)).length;
  const all = new Set([...a, ...b]).size;
  return all === 0 ? 0 : both / all;
}

/** Returns the fields of a record without its name, so that a renamed record is recognised. */
function fieldsOf(schema: string): string {
  const start = schema.indexOf('"fields"');
  return start === -1 ? schema : schema.slice(start);
}
