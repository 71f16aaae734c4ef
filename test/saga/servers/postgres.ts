/** A PostgreSQL server of the test's own: real binaries, a temporary folder, loopback. */
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { LIBRARY_MIGRATIONS, readServiceMigrations } from "../../../components/databases/migration-files.ts";
import { freePorts } from "../../../toolchain/loopback-port.ts";
import { endChild, listening, tailOf } from "./child.ts";

export interface TestPostgres {
  readonly port: number;
  /** Creates a database and applies the library's and a service's migrations, in order. */
  createDatabase(name: string, migrationsDir: string): Promise<void>;
  /** A connection as the superuser, for looking behind the services. */
  connect(database: string): Promise<pg.Client>;
  /** Ends the server at once, cutting every connection. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** The two, one after the other. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const PASSWORD = "test-only";
const LIBRARY = resolve(import.meta.dirname, "../../..", LIBRARY_MIGRATIONS);

/** Folder of the newest server binaries installed here; undefined when there are none. */
export function postgresBinaries(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}

export async function startPostgres(): Promise<TestPostgres> {
  const bin = postgresBinaries();
  if (bin === undefined) throw new Error("No PostgreSQL server under /usr/lib/postgresql; install one of version 15 or newer.");
  const folder = mkdtempSync(join(tmpdir(), "saga-postgres-"));
  // The server refuses root: when the test runs as root, everything of it belongs to another user.
  const owner = process.getuid?.() === 0 ? { uid: userId("nobody"), gid: 65_534 } : {};
  if ("uid" in owner && owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, "data");
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"], { ...owner, cwd: folder, stdio: "ignore" });
  const [port = 0] = await freePorts(1);
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${folder}`, "-c", "max_connections=200"], { ...owner, cwd: folder, stdio: "pipe" });
    await listening("PostgreSQL", port, child, 20_000, tailOf(child));
    return child;
  };
  let server = await start();

  async function connect(database: string): Promise<pg.Client> {
    const end = Date.now() + 20_000;
    for (;;) {
      const client = new pg.Client({ host: "127.0.0.1", port, user: "admin", database });
      client.on("error", () => undefined);
      try {
        await client.connect();
        return client;
      } catch (error) {
        // It listens a moment before it accepts.
        if (Date.now() > end) throw error;
        await client.end().catch(() => undefined);
      }
    }
  }

  return {
    port,
    connect,
    async createDatabase(name, migrationsDir) {
      const admin = await connect("postgres");
      await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`);
      await admin.query(`CREATE DATABASE ${name}`);
      await admin.end();
      const client = await connect(name);
      for (const { sql } of readServiceMigrations(LIBRARY, migrationsDir)) await client.query(`BEGIN; ${sql}; COMMIT;`);
      // What the platform's least-privilege login role may do, and no more.
      await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${name}; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${name}`);
      await client.end();
    },
    async kill() {
      await endChild(server, 10_000, "SIGINT");
    },
    async start() {
      server = await start();
    },
    async restart() {
      await endChild(server, 10_000, "SIGINT");
      server = await start();
    },
    async stop() {
      await endChild(server, 10_000, "SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function userId(name: string): number {
  return Number(execFileSync("id", ["-u", name], { encoding: "utf8" }));
}
