/** Applies migrations to a PostgreSQL database. */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { messageOf } from "../errors.ts";
import { type DatabaseConnection, openDatabase, tryDatabase } from "./connection.ts";
import { MigrationError } from "./errors.ts";
import { type AppliedMigration, byVersion, checksumOf, type MigrationFile, planMigrations } from "./plan.ts";

/** What to apply. */
export interface MigrationRequest {
  readonly connection: DatabaseConnection;
  readonly role?: string | undefined;
  readonly migrations: readonly MigrationFile[];
  readonly preamble: readonly string[];
}

/** Key of the advisory lock, the same for every program that migrates a database: "kit" in ASCII. */
const lockKey = 0x6b6974;

async function takeLock(client: pg.Client, database: string, limitSeconds: number): Promise<void> {
  const deadline = performance.now() + limitSeconds * 1000;
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>("SELECT pg_try_advisory_lock($1) AS taken", [lockKey]);
    if (rows[0]?.taken) return;
    if (performance.now() > deadline)
      throw new MigrationError(
        "migration-locked",
        `database ${database}: another migration holds the lock after ${limitSeconds} s`,
      );
    await delay(100);
  }
}

async function readApplied(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>("SELECT version, name, checksum FROM public.schema_migrations");
  return rows.map(({ version, name, checksum }) => ({ version, name, checksum })).sort(byVersion);
}

/** Returns the line of an error in a text, from PostgreSQL's position (characters from 1). */
function placeOf(error: unknown, sql: string): string {
  const position = error instanceof pg.DatabaseError ? Number(error.position) : Number.NaN;
  return Number.isNaN(position)
    ? ""
    : ` at line ${[...sql].slice(0, position - 1).filter((character) => character === "\n").length + 1}`;
}

function failed(file: string, database: string, place: string, cause: unknown): MigrationError {
  return new MigrationError(
    "migration-failed",
    `migration ${file} of database ${database} failed${place}: ${messageOf(cause)}`,
    { cause },
  );
}

async function inTransaction(client: pg.Client, role: string | undefined, work: () => Promise<void>): Promise<void> {
  await client.query("BEGIN");
  try {
    if (role !== undefined) await client.query(`SET LOCAL ROLE ${pg.escapeIdentifier(role)}`);
    await work();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/**
 * Applies pending migrations, in order, each in its own transaction. Returns all applied migrations.
 * @throws `database-unreachable`, `migration-locked`, `preamble-failed`, `migration-changed`, `migration-vanished`,
 * `migration-late`, `migration-failed`
 */
export async function applyMigrations(
  request: MigrationRequest,
  options: { connectSeconds?: number; lockSeconds?: number } = {},
): Promise<AppliedMigration[]> {
  const {
    connection: { database, user },
    role,
    migrations,
    preamble,
  } = request;
  const client = await openDatabase(request.connection, options.connectSeconds ?? 20);
  try {
    await takeLock(client, database, options.lockSeconds ?? 60);
    for (const [index, statement] of preamble.entries()) {
      try {
        await client.query(statement);
      } catch (error) {
        throw new MigrationError(
          "preamble-failed",
          `preamble statement ${index + 1} of database ${database} failed: ${messageOf(error)}`,
          { cause: error, fix: `it must be allowed to ${user} and safe to repeat` },
        );
      }
    }
    const { rows } = await client.query<{ there: boolean }>(
      "SELECT to_regclass('public.schema_migrations') IS NOT NULL AS there",
    );
    if (!rows[0]?.there) {
      await inTransaction(client, role, async () => {
        await client.query(
          "CREATE TABLE public.schema_migrations (version text PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
        );
      }).catch((error: unknown) => {
        throw failed("0_schema_migrations", database, "", error);
      });
    }
    // The owner reads the table, and the owner may differ from the connection's user.
    if (role !== undefined) await client.query(`SET ROLE ${pg.escapeIdentifier(role)}`);
    const { pending, moved, conflicts } = planMigrations(migrations, await readApplied(client));
    const [conflict] = conflicts;
    if (conflict !== undefined) throw conflict.error;
    await client.query("RESET ROLE");
    if (moved.length > 0) {
      await inTransaction(client, role, async () => {
        for (const { from, to } of moved)
          await client.query("UPDATE public.schema_migrations SET version = $2 WHERE version = $1", [from, to]);
      });
    }
    for (const { version, name, sql } of pending) {
      try {
        await inTransaction(client, role, async () => {
          await client.query(sql);
          await client.query("INSERT INTO public.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", [
            version,
            name,
            checksumOf(sql),
          ]);
        });
      } catch (error) {
        throw failed(`${version}_${name}`, database, placeOf(error, sql), error);
      }
      // Session settings of one file must not affect the next one.
      await client.query("RESET ALL");
    }
    if (role !== undefined) await client.query(`SET ROLE ${pg.escapeIdentifier(role)}`);
    return await readApplied(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Returns the applied migrations, or undefined if they cannot be read within the timeout (no server, no permission).
 * Returns an empty list if the table does not exist.
 */
export async function lookAtApplied(
  connection: DatabaseConnection,
  role: string | undefined,
  timeoutMs = 2000,
): Promise<AppliedMigration[] | undefined> {
  let client: pg.Client | undefined;
  try {
    client = await tryDatabase(connection, timeoutMs);
    await client.query(`SET statement_timeout = ${timeoutMs}`);
    const { rows } = await client.query<{ there: boolean }>(
      "SELECT to_regclass('public.schema_migrations') IS NOT NULL AS there",
    );
    if (!rows[0]?.there) return [];
    if (role !== undefined) await client.query(`SET ROLE ${pg.escapeIdentifier(role)}`);
    return await readApplied(client);
  } catch {
    return undefined;
  } finally {
    await client?.end().catch(() => undefined);
  }
}
