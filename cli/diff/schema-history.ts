/** Versions of schemas before the base, for levels that look at all of them. */
import { isTransitive } from "../../components/plan/diff/avro/compatibility.ts";
import type { SchemaHistory } from "../../components/plan/diff/events.ts";
import type { StatePair } from "../../components/plan/diff/state.ts";
import { readAvroSchema } from "../../components/model/avro-schema.ts";
import { topicsFolder } from "../../components/model/source-file.ts";
import type { TreeSource } from "./declared-tree.ts";
import { blobHistory, isShallow, readBlobs, type GitProject } from "./git-objects.ts";

/** What is known of earlier versions, and what the reader should know about it. */
export interface KnownHistory {
  readonly history: SchemaHistory;
  readonly notes: readonly string[];
}

/**
 * Reads earlier versions of each schema that changes under a transitive level. Versions that are no schema (or were
 * of another record) are left out. A file that was renamed has the history of its present path.
 */
export async function readSchemaHistory(git: GitProject, base: TreeSource, pair: StatePair): Promise<KnownHistory> {
  const paths = changedTransitive(pair);
  if (paths.length === 0) return { history: new Map(), notes: [] };
  if (base.kind !== "commit") return { history: new Map(), notes: [`${base.label} is a folder without history: transitive compatibility was checked against it alone`] };
  const [versions, shallow] = await Promise.all([blobHistory(git, base.commit, paths.map((path) => `${topicsFolder}/${path}`)), isShallow(git)]);
  const blobs = await readBlobs(git, versions.map(({ oid }) => oid));
  const history = new Map<string, string[]>();
  for (const { path, oid } of versions) {
    const reference = path.slice(topicsFolder.length + 1);
    const known = history.get(reference) ?? [];
    history.set(reference, known);
    const schema = compact(blobs.get(oid));
    // The newest is the base's own version, which is compared anyway.
    if (schema !== undefined && !known.includes(schema)) known.push(schema);
  }
  for (const [reference, known] of history) history.set(reference, known.slice(1));
  return { history, notes: shallow ? ["this clone holds only a part of the history: transitive compatibility was checked against the versions in it (fetch-depth: 0 gets all)"] : [] };
}

function changedTransitive({ before, after }: StatePair): string[] {
  const levels = new Map(after.plan.subjects.map((subject) => [subject.eventType, subject.compatibility]));
  const old = new Map(before.topology.topics.flatMap((topic) => topic.events.map((event) => [event.name, event.schema])));
  return [...new Set(after.topology.topics.flatMap((topic) => topic.events.filter((event) => {
    const was = old.get(event.name);
    return was !== undefined && was !== event.schema && isTransitive(levels.get(event.name) ?? "NONE");
  }).map((event) => event.schemaPath)))];
}

function compact(bytes: Buffer | undefined): string | undefined {
  try {
    const json: unknown = JSON.parse(bytes?.toString("utf8") ?? "");
    return readAvroSchema(json).ok ? JSON.stringify(json) : undefined;
  } catch {
    return undefined;
  }
}
