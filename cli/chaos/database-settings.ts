/** Settings that a fault changes in a service's database without the service, as an operator or a fail-over would. */
import pg from "pg";
import type { ServerAccess } from "../platform/platform-access.ts";

type Databases = Pick<ServerAccess, "database">;

async function withDatabase<T>(
  access: Databases,
  service: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await access.database(service);
  try {
    // This session also inherits the database's setting, so it overrides it.
    await client.query("SET default_transaction_read_only = off");
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** One value of a query on a service's database. */
export async function readValue(
  access: Databases,
  service: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<string> {
  return await withDatabase(access, service, async (client) => {
    const { rows } = await client.query<{ value: unknown }>(text, [...values]);
    return String(rows[0]?.value ?? "none");
  });
}

/** A setting applies only to new sessions. This ends the service's sessions, and the service opens new ones. */
const END_SESSIONS =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND usename <> current_user";

/** Makes a service's database read-only, like a replica. */
export async function refuseWrites(access: Databases, service: string): Promise<void> {
  await withDatabase(access, service, async (client) => {
    await client.query(`ALTER DATABASE ${await databaseName(client)} SET default_transaction_read_only = on`);
    await client.query(END_SESSIONS);
  });
}

/** Undoes {@link refuseWrites}. */
export async function allowWrites(access: Databases, service: string): Promise<void> {
  await withDatabase(access, service, async (client) => {
    await client.query(`ALTER DATABASE ${await databaseName(client)} RESET default_transaction_read_only`);
    await client.query(END_SESSIONS);
  });
}

/** Whether a new session of a service may write. */
export async function writesRefused(access: Databases, service: string): Promise<string> {
  const client = await access.database(service);
  try {
    const { rows } = await client.query<{ setting: string }>(
      "SELECT current_setting('default_transaction_read_only') AS setting",
    );
    return rows[0]?.setting === "on" ? "read-only" : "writable";
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A column and its new type. */
export interface ColumnType {
  readonly service: string;
  readonly table: string;
  readonly column: string;
  /** SQL type. */
  readonly type: string;
}

/** Number of attempts, each with a short timeout, because a statement that waits for its lock blocks all others. */
const ATTEMPTS = 30;

/** Changes a column's type as a careful migration does: it gives up soon if it does not get its lock, and retries. */
export async function setColumnType(access: Databases, { service, table, column, type }: ColumnType): Promise<void> {
  await withDatabase(access, service, async (client) => {
    await client.query("SET lock_timeout = '1s'");
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.query(
          `ALTER TABLE ${pg.escapeIdentifier(table)} ALTER COLUMN ${pg.escapeIdentifier(column)} TYPE ${type}`,
        );
        return;
      } catch (error) {
        const lockBusy = error instanceof Error && "code" in error && error.code === "55P03";
        if (!lockBusy || attempt === ATTEMPTS) throw error;
      }
    }
  });
}

/** The current type of a column. */
export async function columnType(
  access: Databases,
  { service, table, column }: Omit<ColumnType, "type">,
): Promise<string> {
  return await readValue(
    access,
    service,
    "SELECT format_type(atttypid, atttypmod) AS value FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2",
    [table, column],
  );
}

async function databaseName(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name");
  return pg.escapeIdentifier(rows[0]?.name ?? "");
}
