import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MigrationFile } from "./plan.ts";

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** Folder of this package's migrations: its tables are the same in every service's database. */
export const LIBRARY_MIGRATIONS = join(import.meta.dirname, "../migrations");

/**
 * Reads everything that a service's database needs: this package's migrations, a sequence of their own that comes first,
 * then the service's.
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
 * @throws {Error} naming the file, when one is not named `NNNN_name.sql` or a version stands twice.
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

/** One value for a set of migrations: the same files give the same on every machine. */
export function migrationsDigest(files: readonly MigrationFile[]): string {
  const hash = createHash("sha256");
  for (const { version, name, sql } of files) hash.update(`${version}_${name}\0${sql.replaceAll("\r\n", "\n")}\0`);
  return hash.digest("hex");
}
