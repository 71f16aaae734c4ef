import type { Compatibility } from "../../../model/schemas/compatibility.ts";
import { formatNames, formatOf } from "../../../model/schemas/schema-format.ts";
import type { EventDeclaration, TopicDeclaration } from "../../../model/types.ts";
import { directionsOf, isTransitive } from "../../compatibility.ts";
import type { PlannedSubject } from "../../types.ts";
import { judgeClaimCheck } from "../claim-checks.ts";
import { sortedSet } from "../hazard.ts";
import type { CompatibilityFailure } from "../level.ts";
import type { SettingChange } from "../settings/index.ts";
import { affectedBy, ownersOf, reviewersOf, type StatePair } from "../state.ts";
import type { Affected, Change, Hazard } from "../types.ts";
import { counted, listed } from "../words.ts";
import { changedTypes } from "./changed-types.ts";
import { judges } from "./formats.ts";
import { failureText, placeOf } from "./schema-failures.ts";
import type { SchemaHistory } from "./schema-history.ts";
import { changedAt, type PlaceInSchema } from "./schema-places.ts";

interface PlacedEvent {
  readonly topic: TopicDeclaration;
  readonly event: EventDeclaration;
}

/** What happens to event types: added, removed, renamed, moved to another topic, and their schemas. */
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
      // With its topic gone, the removal of the topic says all.
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

/** Consumers of an event in either state, and its producers. */
function handlersOf(pair: StatePair, { topic, event }: PlacedEvent): Affected[] {
  const names = new Map([pair.before, pair.after].map((state) => [state, state.declared.get(topic.name)]));
  const handles = (service: string, role: Affected["role"]): boolean =>
    [...names.values()].some(
      (declared) =>
        (role === "consumer" ? declared?.consumers : declared?.producers)?.some(
          (each) => each.service === service && each.events.includes(event.name),
        ) === true,
    );
  return affectedBy(pair, topic.name).filter(({ service, role }) => handles(service, role));
}

function named({ topic, event }: PlacedEvent): string {
  return `${topic.name}/${event.name}`;
}

function withAffected(affected: readonly Affected[]): { affected?: readonly Affected[] } {
  return affected.length === 0 ? {} : { affected };
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

function compareSchema(
  pair: StatePair,
  was: PlacedEvent,
  is: PlacedEvent,
  level: Compatibility,
  history: SchemaHistory,
  placeInSchema: PlaceInSchema,
): Change[] {
  if (was.event.schema === is.event.schema) return compareReferences(was, is);
  const affected = uniqueAffected([...handlersOf(pair, was), ...handlersOf(pair, is)]);
  const format = formatOf(is.event.schemaPath);
  if (formatOf(was.event.schemaPath) !== format) return [translated(pair, was, is, affected)];
  const judge = judges[format];
  const { described, meaning } = judge.changes(was.event.schema, is.event.schema);
  const through = changedTypes(was.event, is.event).map(
    ({ type: { name, source } }) => `through the shared type ${name} (${source.file})`,
  );
  const common = {
    kind: "schema-changed" as const,
    object: named(is),
    field: "schema",
    before: was.event.record,
    after: is.event.record,
    ...withAffected(affected),
    source: changedAt(was.event, is.event, placeInSchema) ?? is.event.source,
  };
  // The registry begins a new history under another topic or name; consumers still meet records of both.
  const versions = [was.event.schema, ...(isTransitive(level) ? (history.versions.get(was.event.record) ?? []) : [])];
  const unknown =
    isTransitive(level) && history.incomplete !== undefined
      ? [`earlier versions may be missing, and ${level} is held to all of them: ${history.incomplete}`]
      : [];
  if (was.event.record !== is.event.record) {
    const failures = judge.failures(is.event.schema, versions, level, true);
    return [
      {
        ...common,
        hazard: failures.length > 0 ? "refused" : "approval",
        effects: [
          `${is.event.record} takes the place of ${was.event.record}: a new subject whose history starts again; consumers have to know both records`,
          ...failures.slice(0, 20).map((failure) => failureText(failure, level)),
          ...unknown,
          ...through,
          ...described.slice(0, 20),
        ],
        reviewers: reviewersOf(pair, is.topic.name, affected),
        advice: [`keep the record's name, or declare a new event type for ${is.event.record}`],
      },
    ];
  }
  const failures = judge.failures(is.event.schema, versions, level, false);
  const outside = failures.length > 0 ? [] : judge.failures(is.event.schema, [was.event.schema], "FULL", false);
  // A level that looks one way only gives up the other: then it matters who goes first. Only NONE gives up both.
  const [unchecked, order] = directionsOf(level).length === 0 ? [outside, []] : [[], rolloutOrder(outside, affected)];
  const hazard: Hazard =
    failures.length > 0
      ? "refused"
      : unknown.length > 0 || unchecked.length > 0 || order.length > 0 || meaning.length > 0
        ? "approval"
        : "safe";
  return [
    {
      ...common,
      hazard,
      effects: [
        ...failures.slice(0, 20).map((failure) => failureText(failure, level)),
        ...unknown,
        ...unchecked.slice(0, 20).map((failure) => `${placeOf(failure)}: ${failure.message} (${level} allows it)`),
        ...order,
        ...meaning,
        ...through,
        ...(described.length === 0 ? ["only documentation or order of fields"] : described.slice(0, 20)),
        ...(described.length > 20 ? [`and ${counted(described.length - 20, "more place")}`] : []),
      ],
      reviewers:
        hazard === "safe"
          ? []
          : sortedSet([...reviewersOf(pair, is.topic.name, affected), ...ownersOf(pair, was.topic.name)]),
      ...(failures.length === 0
        ? {}
        : { advice: sortedSet(failures.map((failure) => `${placeOf(failure)}: ${failure.fix}`)) }),
    },
  ];
}

/** A schema in another language: records already written can't be read with it, whatever it says. */
function translated(pair: StatePair, was: PlacedEvent, is: PlacedEvent, affected: readonly Affected[]): Change {
  const [before, after] = [was, is].map(({ event }) => formatNames[formatOf(event.schemaPath)]);
  return {
    kind: "schema-changed",
    object: named(is),
    field: "format",
    before: before ?? "",
    after: after ?? "",
    hazard: "refused",
    effects: [
      `${after} takes the place of ${before}: consumers can't decode the records of the other language, and a registry refuses the version`,
    ],
    reviewers: reviewersOf(pair, is.topic.name, affected),
    advice: [
      `declare a new event type with a record of its own in ${after} beside ${was.event.name}, and remove that one when its last record has been read`,
    ],
    ...withAffected(affected),
    source: is.event.source,
  };
}

/** A schema that says the same in other words: types of it moved to files of their own, or back. */
function compareReferences(was: PlacedEvent, is: PlacedEvent): Change[] {
  const [before, after] = [was, is].map(({ event }) => event.references?.types.map(({ name }) => name) ?? []);
  if (
    (was.event.references?.schema ?? was.event.schema) === (is.event.references?.schema ?? is.event.schema) ||
    before === undefined ||
    after === undefined
  )
    return [];
  const effects = [
    `the same schema in other words: ${after.length === 0 ? "it no longer refers to other files" : `it refers to ${listed(after)}`}; the registry takes it as a new version`,
  ];
  return [
    {
      kind: "schema-changed",
      object: named(is),
      field: "references",
      before: before.join(", "),
      after: after.join(", "),
      hazard: "safe",
      effects,
      reviewers: [],
      source: is.event.source,
    },
  ];
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

/** Who goes first where readers fail in the direction that the level does not look at; nothing where nobody reads. */
function rolloutOrder(failures: readonly CompatibilityFailure[], affected: readonly Affected[]): string[] {
  const servicesOf = (role: Affected["role"]): readonly string[] =>
    affected.filter((each) => each.role === role).map(({ service }) => service);
  const [readers, writers] = [servicesOf("consumer"), servicesOf("producer")];
  const [first] = failures;
  if (first === undefined || readers.length === 0) return [];
  const why = sortedSet(failures.map((failure) => `${placeOf(failure)} (${failure.message})`))
    .slice(0, 5)
    .join(", ");
  const producers = writers.length === 0 ? "anybody" : listed(writers);
  return first.direction === "forward"
    ? [
        `consumers first: ${listed(readers)} must run with the new schema before ${producers} writes with it, or fail on new records at ${why}`,
      ]
    : [
        `producers first: ${listed(readers)} must keep the old schema until ${producers} writes with the new one and the records of before are read, or fail on these at ${why}`,
      ];
}

function compareLevels(
  pair: StatePair,
  was: PlacedEvent,
  placed: PlacedEvent,
  before: Compatibility,
  after: Compatibility,
): SettingChange[] {
  if (before === after) return [];
  const given = guarantees(before).filter((guarantee) => !guarantees(after).includes(guarantee));
  const gained = guarantees(after).filter((guarantee) => !guarantees(before).includes(guarantee));
  const hazard: Hazard = given.length > 0 ? "approval" : "safe";
  const affected = handlersOf(pair, placed);
  const change: Change = {
    kind: "schema-changed",
    object: named(placed),
    field: "compatibility",
    before,
    after,
    hazard,
    effects: [
      ...given.map((guarantee) => `no longer checked: ${guarantee}`),
      ...gained.map((guarantee) => `checked from now on: ${guarantee}`),
    ],
    reviewers: hazard === "safe" ? [] : reviewersOf(pair, placed.topic.name, affected),
    ...withAffected(affected),
    source: placed.event.source,
  };
  const own = [was, placed].some(({ topic, event }) => (event.compatibility ?? topic.compatibility) !== undefined);
  return [{ change, ...(own ? {} : { setting: "topics.compatibility" }) }];
}

function guarantees(level: Compatibility): string[] {
  const scope = isTransitive(level) ? ["of the last version", "of every version"] : ["of the last version"];
  return directionsOf(level).flatMap((direction) =>
    scope.map((versions) =>
      direction === "backward" ? `new readers read records ${versions}` : `readers ${versions} read new records`,
    ),
  );
}

function uniqueAffected(affected: readonly Affected[]): Affected[] {
  const byKey = new Map(affected.map((each) => [`${each.service} ${each.role}`, each]));
  return sortedSet(byKey.keys()).flatMap((key) => byKey.get(key) ?? []);
}
