/** Judges changes of the schema, the shared types and the compatibility level of an event that is in both states. */
import type { Compatibility } from "../../../model/schemas/compatibility.ts";
import { formatNames, formatOf } from "../../../model/schemas/schema-format.ts";
import { directionsOf, isTransitive } from "../../compatibility.ts";
import { sortedSet } from "../hazard.ts";
import type { CompatibilityFailure } from "../level.ts";
import type { SettingChange } from "../settings/index.ts";
import { ownersOf, reviewersOf, type StatePair } from "../state.ts";
import type { Affected, Change, Hazard } from "../types.ts";
import { counted, listed } from "../words.ts";
import { changedTypes } from "./changed-types.ts";
import { judges } from "./formats.ts";
import { handlersOf, named, type PlacedEvent, uniqueAffected, withAffected } from "./placed-events.ts";
import { failureText, placeOf } from "./schema-failures.ts";
import type { SchemaHistory } from "./schema-history.ts";
import { changedAt, type PlaceInSchema } from "./schema-places.ts";

export function compareSchema(
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
  // The registry starts a new history under another topic or name. Consumers still receive records of both histories.
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
  // A level with one direction leaves only the other direction unchecked: then the rollout order matters. Only NONE
  // leaves both unchecked.
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

/**
 * Returns the change for a schema in another language. Such a schema cannot read existing records, whatever it
 * declares.
 */
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

/**
 * Returns the change for a schema with the same content in another form: some of its types moved to files of their own,
 * or back.
 */
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

/**
 * Returns which services to roll out first, if consumers fail in the direction that the level does not check; empty if
 * there are no consumers.
 */
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

export function compareLevels(
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
