import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import pg from "pg";
import { reasonOf } from "../../../components/machine/coded-error.ts";
import { issueCertificate } from "../../../components/provider/certificates/certificate-authority.ts";
import { locateLocalServers } from "../../../toolchain/servers/local-servers.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import { eventually } from "../../platform/condition.ts";
import { endChild, listening, tailOf } from "../../saga/servers/child.ts";
import { endingWithParent } from "./server-process.ts";

/** Databases and roles of services on a server; none if it is in its initial state: a later platform makes the same names. */
export async function leftOfServices({
  query,
}: Pick<SecurePostgres, "query">): Promise<readonly Record<string, unknown>[]> {
  const databases = await query("postgres", "SELECT datname FROM pg_database WHERE datname LIKE '%service%'");
  return [...databases, ...(await query("postgres", "SELECT rolname FROM pg_roles WHERE rolname LIKE '%service%'"))];
}

/** A PostgreSQL server as a managed one is: TLS only, an administrator with a password. */
export interface SecurePostgres {
  readonly port: number;
  readonly adminUser: string;
  readonly adminPassword: string;
  /** PEM of the authority that signed its certificate. */
  readonly authority: string;
  /** Rows of a query as the superuser. */
  query(database: string, sql: string): Promise<readonly Record<string, unknown>[]>;
  /** The answer to another user: the rows, or the reason of a rejection. */
  answerTo(
    who: { readonly user: string; readonly password: string },
    database: string,
    sql: string,
  ): Promise<readonly Record<string, unknown>[] | string>;
  stop(): Promise<void>;
}

/** Options of a server and its administrator. */
export interface SecurePostgresOptions {
  /** Folder of its commands. Default: those of the installed server. */
  readonly binDir?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default: one of its own, from an authority of its own. PEM, with the authority that signed it. */
  readonly certificate?: { readonly chainPem: string; readonly privateKeyPem: string; readonly authorityPem: string };
  /**
   * The administrator, who is the superuser then. Default: `platform_admin`, who may make roles and databases and is not a
   * superuser, as on managed servers.
   */
  readonly superuser?: string;
}

const MANAGED_ADMIN = "platform_admin";
/** The provider of a managed server keeps it. */
const PROVIDERS_SUPERUSER = "provider";

/** Starts one on a loopback port. */
export async function startSecurePostgres(
  adminPassword: string,
  options: SecurePostgresOptions = {},
): Promise<SecurePostgres> {
  const located = options.binDir ?? (await locateLocalServers()).postgres.binDir;
  const superuser = options.superuser ?? PROVIDERS_SUPERUSER;
  const folder = mkdtempSync(join(tmpdir(), "kit-secure-postgres-"));
  // PostgreSQL refuses root: when the test runs as root, all its files belong to another user.
  const owner =
    process.getuid?.() === 0
      ? { uid: Number(execFileSync("id", ["-u", "nobody"], { encoding: "utf8" })), gid: 65_534 }
      : undefined;
  const keep = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    return path;
  };
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  const binDir = owner === undefined ? located : withinReach(located, folder);
  const certificate = options.certificate ?? (await ownCertificate());
  const data = join(folder, "data");
  const passwordFile = keep("password", adminPassword);
  const asOwner = { ...(owner ?? {}), cwd: folder };
  execFileSync(
    join(binDir, "initdb"),
    [
      "-D",
      data,
      "-U",
      superuser,
      "--pwfile",
      passwordFile,
      "-A",
      "scram-sha-256",
      "-E",
      "UTF8",
      "--no-locale",
      "--no-sync",
    ],
    { ...asOwner, stdio: "ignore" },
  );
  const port = options.port ?? (await freePorts(1))[0] ?? 0;
  const rules = keep("pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n");
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    hba_file: rules,
    ssl: "on",
    ssl_cert_file: keep("server.crt", certificate.chainPem),
    ssl_key_file: keep("server.key", certificate.privateKeyPem),
    fsync: "off",
  };
  const command = [
    join(binDir, "postgres"),
    "-D",
    data,
    "-p",
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const [program = "", ...args] = endingWithParent(command, "INT");
  const server = spawn(program, args, { ...asOwner, stdio: "pipe" });
  const rowsAs = async (
    who: { readonly user: string; readonly password: string },
    database: string,
    sql: string,
  ): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ host: "127.0.0.1", port, ...who, database, ssl: { ca: certificate.authorityPem } });
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const query: SecurePostgres["query"] = (database, sql) =>
    rowsAs({ user: superuser, password: adminPassword }, database, sql);
  const answerTo: SecurePostgres["answerTo"] = (who, database, sql) =>
    rowsAs(who, database, sql).catch((error: unknown) => reasonOf(error));
  const stop = async (): Promise<void> => {
    await endChild(server, 10_000, "SIGINT");
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await listening("PostgreSQL", port, server, 60_000, tailOf(server));
    // It listens before it accepts connections.
    await eventually("PostgreSQL to let its superuser in", () => query("postgres", "SELECT 1"), 60_000);
    if (options.superuser === undefined) {
      await query(
        "postgres",
        `CREATE ROLE ${MANAGED_ADMIN} LOGIN CREATEDB CREATEROLE PASSWORD ${pg.escapeLiteral(adminPassword)}`,
      );
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    adminUser: options.superuser ?? MANAGED_ADMIN,
    adminPassword,
    authority: certificate.authorityPem,
    query,
    answerTo,
    stop,
  };
}

/** Another user may not enter root's home, which contains the cache: files from there are copied to the server's own folder. */
function withinReach(binDir: string, folder: string): string {
  if (relative(homedir(), binDir).startsWith("..")) return binDir;
  const copy = join(folder, "server");
  cpSync(dirname(binDir), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, basename(binDir));
}

async function ownCertificate(): Promise<NonNullable<SecurePostgresOptions["certificate"]>> {
  const authority = await issueCertificate({
    kind: "authority",
    commonName: "postgres authority",
    dnsNames: [],
    ipAddresses: [],
    usages: ["server", "client"],
    validityHours: 24,
  });
  const { chainPem, privateKeyPem } = await issueCertificate({
    kind: "leaf",
    commonName: "postgres",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    usages: ["server"],
    validityHours: 12,
    issuer: authority,
  });
  return { chainPem, privateKeyPem, authorityPem: authority.certificatePem };
}
