import type { Compatibility } from "../../../model/schemas/compatibility.ts";
import type { TopicDeclaration } from "../../../model/types.ts";
import type { PlannedSubject } from "../../types.ts";
import { judgeClaimCheck } from "../claim-checks.ts";
import { sortedSet } from "../hazard.ts";
import type { SettingChange } from "../settings/index.ts";
import { ownersOf, reviewersOf, type StatePair } from "../state.ts";
import type { Change } from "../types.ts";
import { listed } from "../words.ts";
import { compareLevels, compareSchema } from "./event-schemas.ts";
import { handlersOf, named, type PlacedEvent, uniqueAffected, withAffected } from "./placed-events.ts";
import type { SchemaHistory } from "./schema-history.ts";
import type { PlaceInSchema } from "./schema-places.ts";

/** Returns the changes of event types: added, removed, renamed and moved events, and changes of their schemas. */
export function compareEvents(pair: StatePair, history: SchemaHistory, placeInSchema: PlaceInSchema): SettingChange[] {
  const before = eventsOf(pair.before.topology.topics);
  const after = eventsOf(pair.after.topology.topics);
  const levels = { before: levelsOf(pair.before.plan.subjects), after: levelsOf(pair.after.plan.subjects) };
  const changes: Change[] = [];
  const levelChanges: SettingChange[] = [];
  const gone: PlacedEvent[] = [];
  const fresh = new Map<string, PlacedEvent>();
  for (const [name, placed] of after) if (!before.has(name)) fresh.set(name, placed);
  const compareVersions = (was: PlacedEvent, is: PlacedEvent): void => {
    const level = levels.after.get(is.event.name) ?? "NONE";
    levelChanges.push(...compareLevels(pair, was, is, levels.before.get(was.event.name) ?? "NONE", level));
    changes.push(...compareSchema(pair, was, is, level, history, placeInSchema), ...compareClaimChecks(pair, was, is));
  };
  for (const [name, was] of before) {
    const is = after.get(name);
    if (is === undefined) {
      // If the topic is removed too, the change of the topic covers the event.
      if (pair.after.declared.has(was.topic.name)) gone.push(was);
      continue;
    }
    if (is.topic.name !== was.topic.name && pair.after.declared.has(was.topic.name)) changes.push(moved(pair, was, is));
    compareVersions(was, is);
  }
  const successors = new Map(
    [...fresh.values()].map((placed) => [`${placed.topic.name} ${placed.event.record}`, placed]),
  );
  for (const was of gone) {
    const successor = successors.get(`${was.topic.name} ${was.event.record}`);
    if (successor === undefined) changes.push(removed(pair, was));
    else {
      fresh.delete(successor.event.name);
      changes.push(renamed(pair, was, successor));
      compareVersions(was, successor);
    }
  }
  for (const placed of fresh.values())
    if (pair.before.declared.has(placed.topic.name)) changes.push(added(pair, placed));
  return [...levelChanges, ...changes.map((change) => ({ change }))];
}

function eventsOf(topics: readonly TopicDeclaration[]): Map<string, PlacedEvent> {
  return new Map(
    topics.flatMap((topic) => topic.events.map((event): [string, PlacedEvent] => [event.name, { topic, event }])),
  );
}

function levelsOf(subjects: readonly PlannedSubject[]): Map<string, Compatibility> {
  return new Map(subjects.map((subject) => [subject.eventType, subject.compatibility]));
}

function added(pair: StatePair, placed: PlacedEvent): Change {
  const { topic, event } = placed;
  const declared = pair.after.declared.get(topic.name);
  const others = (declared?.consumers ?? [])
    .filter(({ events }) => !events.includes(event.name))
    .map(({ service }) => service);
  const effects = [`new event type on ${topic.name}, with a schema history of its own`];
  if (others.length > 0)
    effects.push(`${listed(others)} ${others.length === 1 ? "skips and counts" : "skip and count"} it`);
  return {
    kind: "event-added",
    object: named(placed),
    after: event.record,
    hazard: "safe",
    effects,
    reviewers: [],
    source: event.source,
  };
}

function removed(pair: StatePair, placed: PlacedEvent): Change {
  const affected = handlersOf(pair, placed);
  const readers = affected.filter(({ role }) => role === "consumer").map(({ service }) => service);
  const topic = pair.after.declared.get(placed.topic.name);
  return {
    kind: "event-removed",
    object: named(placed),
    before: placed.event.record,
    hazard: "approval",
    effects: [
      "it can no longer be published; its subject is deleted from the registry with its history",
      readers.length === 0
        ? "no consumer handled it"
        : `${listed(readers)} handled it: records of it that are still in the topic are skipped`,
    ],
    reviewers: reviewersOf(pair, placed.topic.name, affected),
    advice: ["let its producers stop first, and its consumers read what is there"],
    ...withAffected(affected),
    ...(topic === undefined ? {} : { source: topic.source }),
  };
}

function renamed(pair: StatePair, was: PlacedEvent, is: PlacedEvent): Change {
  const affected = [...handlersOf(pair, was)];
  return {
    kind: "event-renamed",
    object: named(is),
    before: was.event.name,
    after: is.event.name,
    hazard: "approval",
    effects: [
      `records already written carry the type ${was.event.name}: consumers of ${is.event.name} skip them`,
      "the record and its schema history stay",
    ],
    reviewers: reviewersOf(pair, is.topic.name, affected),
    advice: [
      `declare ${is.event.name} with a record of its own beside ${was.event.name}, and remove that one when its last record has been read`,
    ],
    ...withAffected(affected),
    source: is.event.source,
  };
}

function moved(pair: StatePair, was: PlacedEvent, is: PlacedEvent): Change {
  const affected = uniqueAffected([...handlersOf(pair, was), ...handlersOf(pair, is)]);
  const left = was.topic.consumers
    .filter(
      ({ service, events }) =>
        events.includes(was.event.name) &&
        !is.topic.consumers.some((each) => each.service === service && each.events.includes(is.event.name)),
    )
    .map(({ service }) => service);
  const effects = [
    `records already written stay in ${was.topic.name}; new ones go to ${is.topic.name}: order between them, and towards the other events of ${was.topic.name}, is not kept`,
    "its subject, which is named after the topic, starts a new history; consumers read records of both",
  ];
  if (left.length > 0)
    effects.push(
      `${listed(left)} handled it on ${was.topic.name} and ${left.length === 1 ? "does" : "do"} not read it on ${is.topic.name}`,
    );
  return {
    kind: "event-moved",
    object: named(is),
    before: was.topic.name,
    after: is.topic.name,
    hazard: "approval",
    effects,
    reviewers: sortedSet([...reviewersOf(pair, was.topic.name, affected), ...ownersOf(pair, is.topic.name)]),
    advice: [`let the consumers read both topics until ${was.topic.name} holds no ${was.event.name} any more`],
    ...withAffected(affected),
    source: is.event.source,
  };
}

function compareClaimChecks(pair: StatePair, was: PlacedEvent, is: PlacedEvent): Change[] {
  const affected = handlersOf(pair, is);
  const judgement = judgeClaimCheck(was.event, is.event, affected);
  if (judgement === undefined) return [];
  const reviewers = judgement.hazard === "safe" ? [] : reviewersOf(pair, is.topic.name, affected);
  return [
    {
      kind: "event-changed",
      object: named(is),
      ...judgement,
      reviewers,
      ...withAffected(affected),
      source: is.event.source,
    },
  ];
}
