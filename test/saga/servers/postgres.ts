/**
 * A PostgreSQL server of the test: real binaries, a temporary folder, loopback. Access is as on the platform: only TLS and
 * SCRAM-SHA-256, a login per service that may read and write rows, an owner that cannot log in.
 */
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseConfig } from "@event-platform-kit/service/config";
import { applyMigrations } from "@event-platform-kit/service/migration/apply";
import { readServiceMigrations } from "@event-platform-kit/service/migration/files";
import { migrationPreamble } from "@event-platform-kit/service/migration/preamble";
import pg from "pg";
import { LOGIN_RIGHTS } from "../../../components/databases/login-rights.ts";
import { POSTGRES_ADMIN, POSTGRES_HOST_RULES, postgresqlConf } from "../../../components/databases/postgres-conf.ts";
import { LOOPBACK } from "../../../components/local/layout.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import { stretched } from "../../platform/condition.ts";
import { passwordOf, testAuthorities } from "./authorities.ts";
import { endChild, listening, tailOf } from "./child.ts";

export interface TestPostgres {
  readonly port: number;
  /** Creates a database and applies the library's and a service's migrations, in order. */
  createDatabase(name: string, migrationsDir: string): Promise<void>;
  /**
   * Connection settings of a service's database. @param user - Another user than the database's own login, for example {@link
   * POSTGRES_ADMIN}.
   */
  login(database: string, user?: string): DatabaseConfig & { readonly ca: string };
  /** A connection as the superuser, for looking behind the services. */
  connect(database: string): Promise<pg.Client>;
  /** Ends the server at once, cutting every connection. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** The two, one after the other. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 200;

/** Folder of the newest server binaries installed here; undefined when there are none. */
export function postgresBinaries(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}

export async function startPostgres(): Promise<TestPostgres> {
  const bin = postgresBinaries();
  if (bin === undefined)
    throw new Error("No PostgreSQL server under /usr/lib/postgresql; install one of version 15 or newer.");
  const folder = mkdtempSync(join(tmpdir(), "saga-postgres-"));
  // PostgreSQL refuses root: when the test runs as root, all its files belong to another user.
  const owner = process.getuid?.() === 0 ? { uid: userId("nobody"), gid: 65_534 } : {};
  const own = (file: string): void => {
    if ("uid" in owner && owner.uid !== undefined) chownSync(file, owner.uid, owner.gid);
  };
  own(folder);
  chmodSync(folder, 0o700);
  const path = (file: string): string => join(folder, file);
  const [port = 0] = await freePorts(1);
  const authorities = await testAuthorities();
  const certificate = await authorities.serverCertificate("postgres");
  const files = {
    "postgresql.conf": postgresqlConf({ port, maxConnections: MAX_CONNECTIONS, path }),
    "pg_hba.conf": POSTGRES_HOST_RULES,
    "server.crt": certificate.chainPem,
    "server.key": certificate.privateKeyPem,
    "admin-password": passwordOf(POSTGRES_ADMIN),
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path(name), content, { mode: 0o600 });
    own(path(name));
  }
  const data = path("data");
  execFileSync(
    join(bin, "initdb"),
    [
      "-D",
      data,
      "-U",
      POSTGRES_ADMIN,
      "--pwfile",
      path("admin-password"),
      "-A",
      "scram-sha-256",
      "-E",
      "UTF8",
      "--no-locale",
      "--no-sync",
    ],
    { ...owner, cwd: folder, stdio: "ignore" },
  );
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(join(bin, "postgres"), ["-D", data, "-c", `config_file=${path("postgresql.conf")}`], {
      ...owner,
      cwd: folder,
      stdio: "pipe",
    });
    await listening("PostgreSQL", port, child, 20_000, tailOf(child));
    return child;
  };
  let server = await start();

  const login: TestPostgres["login"] = (database, user = database) => ({
    host: LOOPBACK,
    port,
    name: database,
    user,
    password: passwordOf(user),
    ca: authorities.serversPem,
  });

  async function connect(database: string): Promise<pg.Client> {
    const { host, user, password, ca } = login(database, POSTGRES_ADMIN);
    const started = Date.now();
    for (;;) {
      const client = new pg.Client({ host, port, user, password, database, ssl: { ca, rejectUnauthorized: true } });
      client.on("error", () => undefined);
      try {
        await client.connect();
        return client;
      } catch (error) {
        // It listens a moment before it accepts connections.
        if (Date.now() - started > stretched(20_000)) throw error;
        await client.end().catch(() => undefined);
      }
    }
  }

  return {
    port,
    login,
    connect,
    async createDatabase(name, migrationsDir) {
      const admin = await connect("postgres");
      await admin.query(`CREATE ROLE ${name}_owner NOLOGIN`);
      await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${passwordOf(name)}'`);
      await admin.query(`CREATE DATABASE ${name} OWNER ${name}_owner`);
      await admin.query(`GRANT CONNECT ON DATABASE ${name} TO ${name}`);
      await admin.end();
      const client = await connect(name);
      for (const [kind, rights] of Object.entries(LOGIN_RIGHTS))
        await client.query(
          `ALTER DEFAULT PRIVILEGES FOR ROLE ${name}_owner IN SCHEMA public GRANT ${rights.join(", ")} ON ${kind.toUpperCase()}S TO ${name}`,
        );
      await client.end();
      const { host, user, password, ca } = login(name, POSTGRES_ADMIN);
      await applyMigrations({
        connection: { host, port, database: name, user, password, caPem: ca },
        role: `${name}_owner`,
        migrations: readServiceMigrations(migrationsDir),
        preamble: migrationPreamble(name),
      });
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
