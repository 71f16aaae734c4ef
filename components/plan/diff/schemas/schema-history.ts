import { isTransitive } from "../../compatibility.ts";
import type { StatePair } from "../state.ts";

/** What is known of the versions of schemas before the base. */
export interface SchemaHistory {
  /** Earlier versions by the full name of the record or shared type, newest first; self-contained. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /** Why versions may be missing, in words; absent where all are known. Then nothing that depends on them is safe. */
  readonly incomplete?: string;
}

/** A history of which everything is known. */
export function knownHistory(versions: ReadonlyMap<string, readonly string[]> = new Map()): SchemaHistory {
  return { versions };
}

/**
 * Full names of the records and shared types that change under a transitive level, sorted. A record is found again under any event,
 * topic and file: what its consumers have to read does not depend on where it is declared.
 */
export function recordsWithHistory({ before, after }: StatePair): string[] {
  const levels = new Map(after.plan.subjects.map((subject) => [subject.record, subject.compatibility]));
  const old = new Map(
    before.topology.topics.flatMap((topic) => topic.events.map((event) => [event.record, event.schema])),
  );
  const changed = after.topology.topics.flatMap((topic) =>
    topic.events.filter(
      (event) => old.get(event.record) !== event.schema && isTransitive(levels.get(event.record) ?? "NONE"),
    ),
  );
  const shared = new Map(before.plan.sharedSubjects.map(({ name, selfContained }) => [name, selfContained]));
  const changedTypes = after.plan.sharedSubjects.filter(
    ({ name, selfContained, compatibility }) =>
      isTransitive(compatibility) && shared.has(name) && shared.get(name) !== selfContained,
  );
  return [...new Set([...changed.map(({ record }) => record), ...changedTypes.map(({ name }) => name)])].sort();
}
