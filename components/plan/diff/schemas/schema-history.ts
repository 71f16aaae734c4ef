import { isTransitive } from "../../compatibility.ts";
import type { StatePair } from "../state.ts";

/** Known versions of schemas before the base. */
export interface SchemaHistory {
  /** Earlier versions by the full name of the record or shared type, newest first. Each version is self-contained. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /**
   * Why versions may be missing, as text. Absent if all versions are known. If present, no change that depends on
   * earlier versions is safe.
   */
  readonly incomplete?: string;
}

/** Returns a history without missing versions. */
export function knownHistory(versions: ReadonlyMap<string, readonly string[]> = new Map()): SchemaHistory {
  return { versions };
}

/**
 * Returns the full names of the records and shared types that change under a transitive level, sorted. A record is
 * matched across events, topics and files, because its consumers have to read it wherever it is declared.
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
