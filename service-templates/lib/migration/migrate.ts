/**
 * Program inside every service's image: applies the service's migrations, as the job before a rollout does.
 * Variables: DATABASE_HOST, _PORT, _NAME, _USER (a login that may act as the owner), _OWNER, _PASSWORD_FILE, _CA_FILE
 * (absent: no TLS), MIGRATIONS_DIR, DATABASE_ADMIN (the server's administrator where only the owner can let him and the service in).
 * Exit code 0: everything is applied; 1: it is not, and the last line says why.
 */
import { readFileSync } from "node:fs";
import { messageOf } from "../errors.ts";
import { applyMigrations } from "./apply.ts";
import type { DatabaseConnection } from "./connection.ts";
import { readServiceMigrations } from "./files.ts";
import { connectGrant, migrationPreamble } from "./preamble.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What the variables ask for. */
export interface MigrationJob {
  readonly connection: DatabaseConnection;
  readonly owner: string;
  /** Folder of the service's migrations. */
  readonly folder: string;
  /** The server's administrator where only the owner can let him in, and the service. */
  readonly admin?: string;
}

/**
 * Reads the variables and the files they name.
 * @throws {Error} listing all that is missing or cannot be read.
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

/** What the job does before the first migration. The grant comes before the public is shut out. */
function preambleOf({ connection: { database }, admin }: MigrationJob): readonly string[] {
  return [...(admin === undefined ? [] : [connectGrant(database, admin)]), ...migrationPreamble(database)];
}

async function main(): Promise<void> {
  const job = migrationJobOf(process.env);
  const { connection, owner, folder } = job;
  const applied = await applyMigrations(
    { connection, role: owner, migrations: readServiceMigrations(folder), preamble: preambleOf(job) },
    // A server that fails over, or another release's job that holds the lock, is waited for.
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
