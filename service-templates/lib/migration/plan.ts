/** Plans what to do with a set of migration files, given the applied migrations. Pure. */
import { createHash } from "node:crypto";
import { MigrationError } from "./errors.ts";

/** One migration: `NNNN_name.sql`. */
export interface MigrationFile {
  /**
   * The number in the file name, for example `0001`, or `lib.0001`: file 1 of the sequence `lib`. Files run in this
   * order, named sequences first.
   */
  readonly version: string;
  readonly name: string;
  readonly sql: string;
}

/** One applied migration. */
export interface AppliedMigration {
  readonly version: string;
  readonly name: string;
  /** SHA-256 of its text, hexadecimal. */
  readonly checksum: string;
}

/** Returns the digest of a file's text; line endings of a checkout do not change it. */
export function checksumOf(sql: string): string {
  return createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
}

/** Returns the sequence of a version: the part before its dot; empty for the database's own files. */
function sequenceOf(version: string): string {
  return version.includes(".") ? version.slice(0, version.indexOf(".")) : "";
}

/**
 * Sorts named sequences before the database's own files, which may depend on them; within a sequence by code unit:
 * `0001` < `0002` < `0010`.
 */
export function byVersion(one: { version: string }, other: { version: string }): number {
  const [first, second] = [sequenceOf(one.version), sequenceOf(other.version)];
  if (first !== second) return first === "" ? 1 : second === "" ? -1 : first < second ? -1 : 1;
  return one.version < other.version ? -1 : one.version > other.version ? 1 : 0;
}

/** A file that was applied under another version, before it moved to another sequence. */
export interface MovedMigration {
  readonly from: string;
  readonly to: string;
}

/** One mismatch between the files and the applied migrations. */
export interface MigrationConflict {
  /** Index in the given files; absent if the file is missing. */
  readonly index?: number;
  readonly error: MigrationError;
}

/** The plan for a set of files and applied migrations. */
export interface MigrationPlan {
  /** The files to apply, in order. */
  readonly pending: readonly MigrationFile[];
  /** Files that were applied under another version; only their entry in the table changes. */
  readonly moved: readonly MovedMigration[];
  /** Mismatches that prevent the migration. */
  readonly conflicts: readonly MigrationConflict[];
}

/** Plans a set of migration files, given the applied migrations. */
export function planMigrations(files: readonly MigrationFile[], applied: readonly AppliedMigration[]): MigrationPlan {
  const moved = findMoved(files, applied);
  const versionNow = new Map(moved.map(({ from, to }) => [from, to]));
  const recorded = applied
    .map((migration) => ({ ...migration, version: versionNow.get(migration.version) ?? migration.version }))
    .sort(byVersion);
  const conflicts: MigrationConflict[] = [];
  const known = new Map(recorded.map((migration) => [migration.version, migration]));
  const newest = new Map(recorded.map((migration) => [sequenceOf(migration.version), migration]));
  for (const [index, file] of files.entries()) {
    const before = known.get(file.version);
    const { version, name } = file;
    if (before !== undefined && before.checksum !== checksumOf(file.sql)) {
      const short = (text: string): string => text.slice(0, 12);
      conflicts.push({
        index,
        error: new MigrationError(
          "migration-changed",
          `migration ${version}_${name} was applied with checksum ${short(before.checksum)} and now has ${short(checksumOf(file.sql))}`,
        ),
      });
    }
    const last = newest.get(sequenceOf(version));
    if (before === undefined && last !== undefined && version < last.version) {
      const newestName = `${last.version}_${last.name}`;
      conflicts.push({
        index,
        error: new MigrationError(
          "migration-late",
          `migration ${version}_${name} is new, but ${newestName} with a higher version was applied already`,
          { fix: `give it a version above ${newestName}` },
        ),
      });
    }
  }
  const present = new Set(files.map(({ version }) => version));
  for (const { version, name } of recorded) {
    if (present.has(version)) continue;
    const problem = `migration ${version}_${name} was applied to the database and is gone from the files`;
    conflicts.push({ error: new MigrationError("migration-vanished", problem) });
  }
  return { pending: files.filter(({ version }) => !known.has(version)).sort(byVersion), moved, conflicts };
}

/**
 * Returns applied files whose version no longer exists, and that exist with the same name and text under a new version
 * of another sequence.
 */
function findMoved(files: readonly MigrationFile[], applied: readonly AppliedMigration[]): readonly MovedMigration[] {
  const present = new Set(files.map(({ version }) => version));
  const taken = new Set(applied.map(({ version }) => version));
  return applied.flatMap(({ version, name, checksum }) => {
    if (present.has(version)) return [];
    const target = files.find(
      (file) =>
        !taken.has(file.version) &&
        file.name === name &&
        sequenceOf(file.version) !== sequenceOf(version) &&
        checksumOf(file.sql) === checksum,
    );
    return target === undefined ? [] : [{ from: version, to: target.version }];
  });
}
