/** Versions of records, commit by commit. Pure. */
import { readAvroSchema, readSharedType } from "../../components/model/schemas/avro-schema.ts";
import { readJsonEventSchema } from "../../components/model/schemas/json-event-schema.ts";
import type { SchemaFormat } from "../../components/model/schemas/schema-format.ts";
import type { BlobChange } from "./git-objects.ts";

/** A schema file's content. */
export interface SchemaBlob {
  /** Full name of its outermost type. */
  readonly name: string;
  /** Parsed; Protobuf as text. */
  readonly json: unknown;
  readonly format: SchemaFormat;
}

/** Versions of some records. */
export interface EarlierVersions {
  /** By full name, newest first, without duplicates; types of other files are expanded, as of the same commit. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /** Whether a version refers to a type that none of the given blobs defines in its commit. */
  readonly needsOthers: boolean;
}

/**
 * Walks the commits of a branch backwards and reads each record after each commit.
 * @param records - Full names.
 * @param commits - Newest first.
 * @param blobs - Contents by id; missing blobs are skipped.
 */
export function earlierVersions(
  records: ReadonlySet<string>,
  commits: readonly (readonly BlobChange[])[],
  blobs: ReadonlyMap<string, SchemaBlob>,
): EarlierVersions {
  const versions = new Map<string, string[]>([...records].map((record) => [record, []]));
  const byName = new Map<string, SchemaBlob>();
  const blobOf = (oid: string | undefined): SchemaBlob | undefined => (oid === undefined ? undefined : blobs.get(oid));
  // The newest change of each path gives its current content.
  const seen = new Set<string>();
  for (const { path, oid } of commits.flat()) {
    const blob = seen.has(path) ? undefined : blobOf(oid);
    seen.add(path);
    if (blob !== undefined) byName.set(blob.name, blob);
  }
  let needsOthers = false;
  const note = (): void => {
    for (const [record, known] of versions) {
      const blob = byName.get(record);
      if (blob === undefined) continue;
      const { json } = blob;
      if (blob.format === "protobuf") {
        if (typeof json === "string" && !known.includes(json)) known.push(json);
        continue;
      }
      if (blob.format === "json") {
        const read = readJsonEventSchema(json);
        if (read.ok && !known.includes(read.value.schema)) known.push(read.value.schema);
        continue;
      }
      const lookup = (name: string): SchemaBlob | undefined => {
        const found = byName.get(name);
        if (found === undefined) needsOthers = true;
        return found;
      };
      const event = readAvroSchema(json, lookup);
      const shared = event.ok ? undefined : readSharedType(json, lookup);
      const schema = event.ok ? event.value.schema : shared?.ok === true ? shared.value.selfContained : undefined;
      if (schema !== undefined && !known.includes(schema)) known.push(schema);
    }
  };
  note();
  for (const changes of commits) {
    for (const { oid } of changes) {
      const blob = blobOf(oid);
      if (blob !== undefined && byName.get(blob.name) === blob) byName.delete(blob.name);
    }
    for (const { previous } of changes) {
      const blob = blobOf(previous);
      if (blob !== undefined) byName.set(blob.name, blob);
    }
    note();
  }
  return { versions, needsOthers };
}
