/** Versions of schemas before the base, for levels that look at all of them. */
import { readAvroSchema } from "../../components/model/avro-schema.ts";
import { topicsFolder } from "../../components/model/source-file.ts";
import { knownHistory, recordsWithHistory, type SchemaHistory } from "../../components/plan/diff/schema-history.ts";
import type { StatePair } from "../../components/plan/diff/state.ts";
import { KitError } from "../errors.ts";
import type { TreeSource } from "./declared-tree.ts";
import { blobHistory, isShallow, readBlobs, type GitProject } from "./git-objects.ts";

const AVRO_FILE = /\.avsc$/u;

/**
 * Reads earlier versions of each record that changes under a transitive level, under whatever path they stood. Versions
 * that are no schema are left out.
 * @throws KitError `KIT_DIFF_HISTORY_MISSING` in a clone that holds only a part of the history.
 */
export async function readSchemaHistory(git: GitProject, base: TreeSource, pair: StatePair): Promise<SchemaHistory> {
  const records = new Set(recordsWithHistory(pair));
  if (records.size === 0) return knownHistory();
  if (base.kind !== "commit") return { versions: new Map(), incomplete: `${base.label} is a folder without history` };
  if (await isShallow(git)) throw new KitError("KIT_DIFF_HISTORY_MISSING", [...records].join(", "));
  const versions = (await blobHistory(git, base.commit, [topicsFolder])).filter(({ path }) => AVRO_FILE.test(path));
  const oids = [...new Set(versions.map(({ oid }) => oid))];
  const blobs = await readBlobs(git, oids);
  const current = new Map(pair.before.topology.topics.flatMap(({ events }) => events.map((event) => [event.record, event.schema])));
  const found = new Map<string, string[]>();
  for (const oid of oids) {
    const version = schemaOf(blobs.get(oid), records);
    if (version === undefined) continue;
    const known = found.get(version.record) ?? [];
    found.set(version.record, known);
    // The base's own version is compared anyway.
    if (version.schema !== current.get(version.record) && !known.includes(version.schema)) known.push(version.schema);
  }
  return knownHistory(found);
}

/** A blob's schema, where it is one of the records. */
function schemaOf(bytes: Buffer | undefined, records: ReadonlySet<string>): { readonly record: string; readonly schema: string } | undefined {
  const text = bytes?.toString("utf8") ?? "";
  // Looked for before it is parsed: a history holds many more schemas than change at once.
  if (![...records].some((record) => text.includes(`"${record.slice(record.lastIndexOf(".") + 1)}"`) || text.includes(`"${record}"`))) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    const read = readAvroSchema(json);
    return read.ok && records.has(read.value.record) ? { record: read.value.record, schema: read.value.schema } : undefined;
  } catch {
    return undefined;
  }
}
