import { readFileSync } from "node:fs";
import pg from "pg";
import type { TestPlatform } from "./test-platform.ts";
import { credentials, statusFile } from "./test-platform.ts";

/**
 * A connection to a service's database as a principal; the caller ends it.
 * @param database - Default: the principal's own.
 */
export async function connectAs(platform: TestPlatform, principal: string, database?: string): Promise<pg.Client> {
  const { endpoints, files } = statusFile(platform);
  const login = credentials(platform)[principal];
  if (login?.postgres === undefined) throw new Error(`${principal} has no PostgreSQL password in credentials.json`);
  const client = new pg.Client({
    host: endpoints.postgres.host,
    port: endpoints.postgres.port,
    user: login.postgresUser ?? "",
    password: login.postgres,
    database: database ?? login.postgresDatabase ?? "",
    ssl: { ca: readFileSync(files.ca, "utf8"), rejectUnauthorized: true },
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  return client;
}

/** Rows of one query as a principal. */
export async function queryAs<R extends pg.QueryResultRow>(
  platform: TestPlatform,
  principal: string,
  text: string,
  values: unknown[] = [],
): Promise<R[]> {
  const client = await connectAs(platform, principal);
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}
