/** Connections to PostgreSQL for those who change what is in it. */
import { setTimeout as delay } from "node:timers/promises";
import { checkServerIdentity } from "node:tls";
import pg from "pg";
import { messageOf } from "../errors.ts";
import { MigrationError } from "./errors.ts";

/** Where and as whom. */
export interface DatabaseConnection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Absent: no TLS. */
  readonly caPem?: string | undefined;
}

/** Conditions that pass: not up yet, still starting, out of connections for the moment. */
const passing = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "57P03", "53300"]);

function passes(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && passing.has(error.code);
}

/** One attempt to connect; throws what the server or the network says. */
export async function tryDatabase(connection: DatabaseConnection, timeoutMs: number): Promise<pg.Client> {
  const { host, caPem, ...rest } = connection;
  const client = new pg.Client({
    ...rest,
    host,
    connectionTimeoutMillis: timeoutMs,
    application_name: "kit",
    // The name to verify is the host we asked for, also when it is an address: node-postgres hands TLS no name then.
    ...(caPem !== undefined && {
      ssl: {
        ca: caPem,
        rejectUnauthorized: true,
        checkServerIdentity: (_: string, certificate) => checkServerIdentity(host, certificate),
      },
    }),
  });
  // A connection that breaks is told by the query under way; without a listener it would end the plugin.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/**
 * Connects, and waits for a server that is not up yet, still starts or is out of connections for the moment.
 * @param limitSeconds - How long it waits.
 * @throws {MigrationError} `database-unreachable`
 */
export async function openDatabase(connection: DatabaseConnection, limitSeconds: number): Promise<pg.Client> {
  const deadline = performance.now() + limitSeconds * 1000;
  for (let pause = 100; ; pause = Math.min(pause * 2, 1000)) {
    try {
      return await tryDatabase(connection, 5000);
    } catch (error) {
      if (passes(error) && performance.now() + pause < deadline) {
        await delay(pause);
        continue;
      }
      const { host, port, database, user } = connection;
      throw new MigrationError(
        "database-unreachable",
        `the database ${database} at ${host}:${port} cannot be reached as ${user}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }
}
