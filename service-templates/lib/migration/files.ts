import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MigrationFile } from "./plan.ts";

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** Folder of this package's migrations: their tables are the same in every service's database. */
export const LIBRARY_MIGRATIONS = join(import.meta.dirname, "../migrations");

/**
 * Reads all migrations of a service's database: first this package's migrations, which are a separate sequence, then
 * the service's.
 * @param own - Folder of the service's migrations.
 * @param library - Folder of this package's migrations.
 * @throws {Error} as {@link readMigrationFiles}.
 */
export function readServiceMigrations(own: string, library = LIBRARY_MIGRATIONS): readonly MigrationFile[] {
  return [
    ...readMigrationFiles(library).map((file) => ({ ...file, version: `lib.${file.version}` })),
    ...readMigrationFiles(own),
  ];
}

/**
 * Reads a folder of migrations in order of version.
 * @throws {Error} with the file, if its name is not `NNNN_name.sql` or two files have the same version.
 */
export function readMigrationFiles(folder: string): readonly MigrationFile[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file): MigrationFile => {
      const match = FILE_NAME.exec(file);
      if (match?.[1] === undefined || match[2] === undefined) {
        throw new Error(
          `${join(folder, file)}: a migration is named NNNN_name.sql (digits, then lower-case words with underscores); rename it.`,
        );
      }
      return { version: match[1], name: match[2], sql: readFileSync(join(folder, file), "utf8") };
    });
  const twice = files.find((file, index) => files[index - 1]?.version === file.version);
  if (twice !== undefined) {
    throw new Error(`${folder}: version ${twice.version} stands twice; give ${twice.name} the next free number.`);
  }
  return files;
}

/** Returns one value for a set of migrations: the same files give the same value on every machine. */
export function migrationsDigest(files: readonly MigrationFile[]): string {
  const hash = createHash("sha256");
  for (const { version, name, sql } of files) hash.update(`${version}_${name}\0${sql.replaceAll("\r\n", "\n")}\0`);
  return hash.digest("hex");
}
