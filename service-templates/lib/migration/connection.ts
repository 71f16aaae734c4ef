/** Connections to PostgreSQL for programs that change the schema. */
import { setTimeout as delay } from "node:timers/promises";
import { checkServerIdentity } from "node:tls";
import pg from "pg";
import { messageOf } from "../errors.ts";
import { MigrationError } from "./errors.ts";

/** The server, database and login of a connection. */
export interface DatabaseConnection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Absent: no TLS. */
  readonly caPem?: string | undefined;
}

/** Temporary conditions: the server is not up yet, is starting, or has no free connections. */
const passing = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "57P03", "53300"]);

function passes(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && passing.has(error.code);
}

/** Makes one attempt to connect; throws the error of the server or the network. */
export async function tryDatabase(connection: DatabaseConnection, timeoutMs: number): Promise<pg.Client> {
  const { host, caPem, ...rest } = connection;
  const client = new pg.Client({
    ...rest,
    host,
    connectionTimeoutMillis: timeoutMs,
    application_name: "kit",
    // The certificate must name the requested host, even if it is an IP address: then node-postgres passes no name to
    // TLS.
    ...(caPem !== undefined && {
      ssl: {
        ca: caPem,
        rejectUnauthorized: true,
        checkServerIdentity: (_: string, certificate) => checkServerIdentity(host, certificate),
      },
    }),
  });
  // The current query reports a broken connection. Without a listener, the error would end the process.
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
 * Connects; waits for a server that is not up yet, is starting, or has no free connections.
 * @param limitSeconds - Longest wait.
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
