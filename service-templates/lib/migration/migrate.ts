/**
 * Program in every service's image that applies the service's migrations. The job before a rollout runs it. Variables:
 * DATABASE_HOST, _PORT, _NAME, _USER (a login that may act as the owner), _OWNER, _PASSWORD_FILE, _CA_FILE (absent: no
 * TLS), MIGRATIONS_DIR, DATABASE_ADMIN (the server's administrator, if only the owner can grant access to the
 * administrator and the service). Exit code 0: all migrations are applied; 1: they are not, and the last line gives the
 * reason.
 */
import { readFileSync } from "node:fs";
import { messageOf } from "../errors.ts";
import { applyMigrations } from "./apply.ts";
import type { DatabaseConnection } from "./connection.ts";
import { readServiceMigrations } from "./files.ts";
import { connectGrant, migrationPreamble } from "./preamble.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The job as described by the variables. */
export interface MigrationJob {
  readonly connection: DatabaseConnection;
  readonly owner: string;
  /** Folder of the service's migrations. */
  readonly folder: string;
  /** The server's administrator, if only the owner can grant access to the administrator and the service. */
  readonly admin?: string;
}

/**
 * Reads the variables and the files that they name.
 * @throws {Error} with every missing or unreadable value.
 */
export function migrationJobOf(
  env: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): MigrationJob {
  const problems: string[] = [];
  const required = (name: string): string => {
    const value = env[name] ?? "";
    if (value === "") problems.push(`${name} is not set`);
    return value;
  };
  const contents = (name: string, path: string): string => {
    try {
      return path === "" ? "" : readFile(path).trim();
    } catch (error) {
      problems.push(`${name}: cannot read ${path} (${messageOf(error)})`);
      return "";
    }
  };
  const host = required("DATABASE_HOST");
  const port = required("DATABASE_PORT");
  if (port !== "" && !/^[1-9]\d{0,4}$/u.test(port)) problems.push(`DATABASE_PORT=${JSON.stringify(port)} is no port`);
  const database = required("DATABASE_NAME");
  const user = required("DATABASE_USER");
  const owner = required("DATABASE_OWNER");
  const folder = required("MIGRATIONS_DIR");
  const password = contents("DATABASE_PASSWORD_FILE", required("DATABASE_PASSWORD_FILE"));
  const caPem = contents("DATABASE_CA_FILE", env.DATABASE_CA_FILE ?? "");
  const admin = env.DATABASE_ADMIN ?? "";
  if (problems.length > 0)
    throw new Error(`The environment of the migration is not usable:\n  - ${problems.sort().join("\n  - ")}`);
  return {
    connection: { host, port: Number(port), database, user, password, ...(caPem === "" ? {} : { caPem }) },
    owner,
    folder,
    ...(admin === "" ? {} : { admin }),
  };
}

/**
 * Returns the statements before the first migration. The grant comes first, because the next statements revoke access
 * from PUBLIC.
 */
function preambleOf({ connection: { database }, admin }: MigrationJob): readonly string[] {
  return [...(admin === undefined ? [] : [connectGrant(database, admin)]), ...migrationPreamble(database)];
}

async function main(): Promise<void> {
  const job = migrationJobOf(process.env);
  const { connection, owner, folder } = job;
  const applied = await applyMigrations(
    { connection, role: owner, migrations: readServiceMigrations(folder), preamble: preambleOf(job) },
    // The job waits for a server that fails over, and for another release's job that holds the lock.
    { connectSeconds: 120, lockSeconds: 300 },
  );
  const newest = applied.at(-1);
  process.stdout.write(
    `database ${connection.database} has ${applied.length} migrations${newest === undefined ? "" : `, the newest is ${newest.version}_${newest.name}`}\n`,
  );
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  });
}
