/** Versions of schemas before the base, for compatibility levels that compare with all of them. */
import { nameOfNamedType } from "../../components/model/schemas/avro-names.ts";
import { readProtobufSchema } from "../../components/model/schemas/protobuf-event-schema.ts";
import { formatOf, type SchemaFormat } from "../../components/model/schemas/schema-format.ts";
import { isSchemaPath, topicsFolder } from "../../components/model/source-file.ts";
import {
  knownHistory,
  recordsWithHistory,
  type SchemaHistory,
} from "../../components/plan/diff/schemas/schema-history.ts";
import type { StatePair } from "../../components/plan/diff/state.ts";
import { KitError } from "../errors.ts";
import type { TreeSource } from "./declared-tree.ts";
import { type BlobChange, blobHistory, type GitProject, isShallow, readBlobs } from "./git-objects.ts";
import { earlierVersions, type SchemaBlob } from "./schema-versions.ts";

/**
 * Reads earlier versions of each record and shared type that changes under a transitive level, from all paths that they had,
 * with the types of other files as of the same commit. Skips versions that are not a schema.
 * @throws KitError `KIT_DIFF_HISTORY_MISSING` in a clone that contains only a part of the history.
 */
export async function readSchemaHistory(git: GitProject, base: TreeSource, pair: StatePair): Promise<SchemaHistory> {
  const records = new Set(recordsWithHistory(pair));
  if (records.size === 0) return knownHistory();
  if (base.kind !== "commit") return { versions: new Map(), incomplete: `${base.label} is a folder without history` };
  if (await isShallow(git)) throw new KitError("KIT_DIFF_HISTORY_MISSING", [...records].join(", "));
  const commits = (await blobHistory(git, base.commit, [topicsFolder])).map((changes) =>
    changes.filter(({ path }) => isSchemaPath(path)),
  );
  const texts = await readBlobs(git, oidsOf(commits));
  const formats = new Map(
    pair.after.topology.topics.flatMap(({ events }) =>
      events.map((event): [string, SchemaFormat] => [event.record, formatOf(event.schemaPath)]),
    ),
  );
  const simpleNames = [...records].flatMap((record) => [
    `"${record.slice(record.lastIndexOf(".") + 1)}"`,
    `"${record}"`,
    `message ${record.slice(record.lastIndexOf(".") + 1)}`,
  ]);
  const blobs = new Map<string, SchemaBlob>();
  const parse = (wanted: (text: string) => boolean): void => {
    for (const [oid, bytes] of texts) {
      const text = bytes.toString("utf8");
      const blob = blobs.has(oid) || !wanted(text) ? undefined : schemaBlob(text, formats);
      if (blob !== undefined) blobs.set(oid, blob);
    }
  };
  // A text search before parsing: a history contains many more schemas than change at once.
  parse((text) => simpleNames.some((name) => text.includes(name)));
  let found = earlierVersions(records, commits, blobs);
  if (found.needsOthers) {
    parse(() => true);
    found = earlierVersions(records, commits, blobs);
  }
  const current = new Map([
    ...pair.before.topology.topics.flatMap(({ events }) =>
      events.map((event): [string, string] => [event.record, event.schema]),
    ),
    ...pair.before.plan.sharedSubjects.map(({ name, selfContained }): [string, string] => [name, selfContained]),
  ]);
  // The comparison includes the base's own version anyway.
  return knownHistory(
    new Map(
      [...found.versions].map(([record, versions]) => [
        record,
        versions.filter((version) => version !== current.get(record)),
      ]),
    ),
  );
}

function oidsOf(commits: readonly (readonly BlobChange[])[]): Set<string> {
  return new Set(
    commits.flatMap((changes) =>
      changes.flatMap(({ oid, previous }) => [
        ...(oid === undefined ? [] : [oid]),
        ...(previous === undefined ? [] : [previous]),
      ]),
    ),
  );
}

/** Whether a schema has the language of its record in the head: earlier schemas in another language are not versions of it. */
function schemaBlob(text: string, formats: ReadonlyMap<string, SchemaFormat>): SchemaBlob | undefined {
  if (text.includes("syntax") && [...formats.values()].includes("protobuf")) {
    const read = readProtobufSchema(text);
    if (read.ok) return { name: read.value.record, json: text, format: "protobuf" };
  }
  try {
    const json: unknown = JSON.parse(text);
    const title =
      typeof json === "object" && json !== null && "title" in json && typeof json.title === "string"
        ? json.title
        : undefined;
    if (title !== undefined && formats.get(title) === "json") return { name: title, json, format: "json" };
    const name = nameOfNamedType(json);
    return name === undefined || (formats.get(name) ?? "avro") !== "avro" ? undefined : { name, json, format: "avro" };
  } catch {
    return undefined;
  }
}
