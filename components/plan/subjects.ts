import { compareText } from "../model/problems/problem.ts";
import type { Compatibility } from "../model/schemas/compatibility.ts";
import { formatOf, registryTypes } from "../model/schemas/schema-format.ts";
import { sharedTypesOf } from "../model/schemas/shared-types.ts";
import { schemasFolder } from "../model/source-file.ts";
import type { StackSettings } from "../model/stack/stack.ts";
import type { EventDeclaration, TopicDeclaration } from "../model/types.ts";
import { jointCompatibility } from "./compatibility.ts";
import type { Topology } from "./topology.ts";
import type { PlannedSharedSubject, PlannedSubject } from "./types.ts";

/** Returns the name of a subject by Confluent's `TopicRecordNameStrategy`. */
export function subjectName(topic: string, record: string): string {
  return `${topic}-${record}`;
}

/**
 * Returns one subject per event type, sorted by name. The compatibility is that of the event, otherwise of the topic,
 * otherwise of the stack.
 */
export function planSubjects(topology: Topology, stack: StackSettings): PlannedSubject[] {
  return topology.topics
    .flatMap((topic) =>
      topic.events.map((event) => ({
        name: subjectName(topic.name, event.record),
        topic: topic.name,
        eventType: event.name,
        record: event.record,
        ...(event.references === undefined
          ? { schema: event.schema }
          : {
              schema: event.references.schema,
              references: { subjects: event.references.types.map(({ name }) => name), selfContained: event.schema },
            }),
        ...typeOf(event),
        compatibility: levelOf(topic, event, stack),
        source: event.source,
      })),
    )
    .sort((a, b) => compareText(a.name, b.name));
}

/** Returns one subject per shared type, sorted by name. */
export function planSharedSubjects(topology: Topology, stack: StackSettings): PlannedSharedSubject[] {
  const events = topology.topics.flatMap((topic) =>
    topic.events.flatMap((event) =>
      event.references === undefined ? [] : [{ event, level: levelOf(topic, event, stack) }],
    ),
  );
  const levels = new Map<string, Compatibility[]>();
  for (const { event, level } of events)
    for (const { name } of sharedTypesOf([event])) levels.set(name, [...(levels.get(name) ?? []), level]);
  return sharedTypesOf(events.map(({ event }) => event)).map(
    ({ name, schemaPath, schema, selfContained, types, source }) => ({
      name,
      schemaPath: schemaPath.slice(schemasFolder.length),
      schema,
      selfContained,
      references: types.map((type) => type.name),
      compatibility: jointCompatibility(levels.get(name) ?? []),
      source,
    }),
  );
}

/** Orders shared subjects so that each comes after those that it refers to. Ties are ordered by name. */
export function registrationOrder(subjects: readonly PlannedSharedSubject[]): PlannedSharedSubject[] {
  const byName = new Map(subjects.map((subject) => [subject.name, subject]));
  const ordered = new Map<string, PlannedSharedSubject>();
  const add = (subject: PlannedSharedSubject): void => {
    if (ordered.has(subject.name)) return;
    for (const name of subject.references) {
      const needed = byName.get(name);
      if (needed !== undefined) add(needed);
    }
    ordered.set(subject.name, subject);
  };
  subjects.forEach(add);
  return [...ordered.values()];
}

function typeOf({ schemaPath }: EventDeclaration): { schemaType?: "JSON" | "PROTOBUF" } {
  const type = registryTypes[formatOf(schemaPath)];
  return type === "AVRO" ? {} : { schemaType: type };
}

function levelOf(topic: TopicDeclaration, event: EventDeclaration, stack: StackSettings): Compatibility {
  return event.compatibility ?? topic.compatibility ?? stack.topics.compatibility;
}
