import { compareText } from "../model/problem.ts";
import type { StackSettings } from "../model/stack.ts";
import type { Topology } from "./topology.ts";
import type { PlannedSubject } from "./types.ts";

/** Name of a subject by Confluent's `TopicRecordNameStrategy`. */
export function subjectName(topic: string, record: string): string {
  return `${topic}-${record}`;
}

/** One subject per event type, sorted by name. Compatibility: the event's, else the topic's, else the stack's. */
export function planSubjects(topology: Topology, stack: StackSettings): PlannedSubject[] {
  return topology.topics
    .flatMap((topic) =>
      topic.events.map((event) => ({
        name: subjectName(topic.name, event.record),
        topic: topic.name,
        eventType: event.name,
        record: event.record,
        schema: event.schema,
        compatibility: event.compatibility ?? topic.compatibility ?? stack.topics.compatibility,
        source: event.source,
      })),
    )
    .sort((a, b) => compareText(a.name, b.name));
}
