/** What is to be done with a set of migration files, given what was applied. Pure. */
import { createHash } from "node:crypto";
import { providerError, type ProviderError } from "./errors.ts";

/** One migration file. */
export interface MigrationFile {
  readonly version: string;
  readonly name: string;
  readonly sql: string;
}

/** One file that was applied. */
export interface AppliedMigration {
  readonly version: string;
  readonly name: string;
  /** SHA-256 of its text, hexadecimal. */
  readonly checksum: string;
}

/** Digest of a file's text; the line ends a checkout chose do not count. */
export function checksumOf(sql: string): string {
  return createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
}

/** Orders versions by code unit: `0001` < `0002` < `0010`. */
export function byVersion(one: { version: string }, other: { version: string }): number {
  return one.version < other.version ? -1 : one.version > other.version ? 1 : 0;
}

/** One reason why the files do not fit what was applied. */
export interface MigrationConflict {
  /** Index in the given files; absent where the file is missing. */
  readonly index?: number;
  readonly error: ProviderError;
}

/** The files to apply, in order, and what speaks against it. */
export function planMigrations(files: readonly MigrationFile[], applied: readonly AppliedMigration[]): { pending: MigrationFile[]; conflicts: MigrationConflict[] } {
  const conflicts: MigrationConflict[] = [];
  const known = new Map(applied.map((migration) => [migration.version, migration]));
  const newest = [...applied].sort(byVersion).at(-1);
  for (const [index, file] of files.entries()) {
    const before = known.get(file.version);
    const { version, name } = file;
    if (before !== undefined && before.checksum !== checksumOf(file.sql)) {
      const short = (text: string): string => text.slice(0, 12);
      conflicts.push({ index, error: providerError("migration-changed", { version, name, before: short(before.checksum), after: short(checksumOf(file.sql)) }) });
    }
    if (before === undefined && newest !== undefined && version < newest.version) {
      conflicts.push({ index, error: providerError("migration-late", { version, name, newest: `${newest.version}_${newest.name}` }) });
    }
  }
  const present = new Set(files.map(({ version }) => version));
  for (const { version, name } of [...applied].sort(byVersion)) {
    if (!present.has(version)) conflicts.push({ error: providerError("migration-vanished", { version, name }) });
  }
  return { pending: files.filter(({ version }) => !known.has(version)).sort(byVersion), conflicts };
}
