import { compareText } from "../../../model/problems/problem.ts";
import { sharedTypesOf } from "../../../model/schemas/shared-types.ts";
import { schemasFolder } from "../../../model/source-file.ts";
import { isTransitive } from "../../compatibility.ts";
import type { PlannedSharedSubject } from "../../types.ts";
import { compatibilityFailures } from "../avro/compatibility.ts";
import { firstChange } from "../avro/first-change.ts";
import { sortedSet } from "../hazard.ts";
import { affectedBy, type PlatformState, reviewersOf, type StatePair } from "../state.ts";
import type { Affected, Change } from "../types.ts";
import { counted, listed } from "../words.ts";
import { failureText, placeOf } from "./schema-failures.ts";
import type { SchemaHistory } from "./schema-history.ts";
import type { PlaceInSchema } from "./schema-places.ts";

/** Maximum number of events named in one sentence. */
const shownEvents = 5;

/**
 * Returns the changes of shared types. The changes of the events cover the effect on the consumers of each event. Here
 * the history of the type in the registry is judged, under the compatibility that all its events demand together.
 */
export function compareSharedTypes(pair: StatePair, history: SchemaHistory, placeInSchema: PlaceInSchema): Change[] {
  const before = new Map(pair.before.plan.sharedSubjects.map((subject) => [subject.name, subject]));
  const after = new Map(pair.after.plan.sharedSubjects.map((subject) => [subject.name, subject]));
  const changes: Change[] = [];
  for (const [name, is] of after) {
    const was = before.get(name);
    if (was === undefined)
      changes.push({
        kind: "shared-type-added",
        object: name,
        hazard: "safe",
        effects: [`a subject of its own, which is registered before ${eventsText(pair.after, name)}`],
        reviewers: [],
        source: is.source,
      });
    else if (was.selfContained !== is.selfContained) changes.push(changed(pair, was, is, history, placeInSchema));
  }
  for (const [name, was] of before) {
    if (after.has(name)) continue;
    changes.push({
      kind: "shared-type-removed",
      object: name,
      hazard: "safe",
      effects: [
        `no event refers to it any more (before: ${eventsText(pair.before, name)}); a registry keeps its subject while the schemas of earlier records refer to it`,
      ],
      reviewers: [],
      source: was.source,
    });
  }
  return changes;
}

function changed(
  pair: StatePair,
  was: PlannedSharedSubject,
  is: PlannedSharedSubject,
  history: SchemaHistory,
  placeInSchema: PlaceInSchema,
): Change {
  const level = is.compatibility;
  const versions = [was.selfContained, ...(isTransitive(level) ? (history.versions.get(is.name) ?? []) : [])];
  const failures = compatibilityFailures(is.selfContained, versions, level);
  const topics = topicsOf(pair, is.name);
  const affected = affectedOn(pair, topics);
  const common = {
    kind: "schema-changed" as const,
    object: is.name,
    field: "schema",
    ...(affected.length === 0 ? {} : { affected }),
    source: placeInSchema(`${schemasFolder}${is.schemaPath}`, firstChange(was.schema, is.schema)) ?? is.source,
  };
  const used = `the type is part of ${eventsText(pair.after, is.name)}; each is judged by itself`;
  if (failures.length === 0) return { ...common, hazard: "safe", effects: [used], reviewers: [] };
  return {
    ...common,
    hazard: "refused",
    effects: [...failures.slice(0, 20).map((failure) => failureText(failure, level)), used],
    reviewers: sortedSet(topics.flatMap((topic) => reviewersOf(pair, topic, affected))),
    advice: sortedSet(failures.map((failure) => `${placeOf(failure)}: ${failure.fix}`)),
  };
}

function usersOf(state: PlatformState, type: string): { readonly topic: string; readonly event: string }[] {
  return state.topology.topics.flatMap((topic) =>
    topic.events
      .filter((event) => sharedTypesOf([event]).some(({ name }) => name === type))
      .map((event) => ({ topic: topic.name, event: event.name })),
  );
}

function eventsText(state: PlatformState, type: string): string {
  const events = usersOf(state, type)
    .map(({ event }) => event)
    .sort(compareText);
  return events.length > shownEvents
    ? `${events.slice(0, shownEvents).join(", ")} and ${counted(events.length - shownEvents, "more event")}`
    : listed(events);
}

/** Returns the topics with an event that uses the type before or after the change, sorted. */
function topicsOf({ before, after }: StatePair, type: string): string[] {
  return sortedSet([before, after].flatMap((state) => usersOf(state, type).map(({ topic }) => topic)));
}

function affectedOn(pair: StatePair, topics: readonly string[]): Affected[] {
  const found = new Map(
    topics.flatMap((topic) => affectedBy(pair, topic)).map((each) => [`${each.service} ${each.role}`, each]),
  );
  return sortedSet(found.keys()).flatMap((key) => found.get(key) ?? []);
}
