import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { issueCertificate } from "../../../components/provider/certificate-authority.ts";
import { locateLocalServers } from "../../../toolchain/local-servers.ts";
import { freePorts } from "../../../toolchain/loopback-port.ts";
import { endChild, listening, tailOf } from "../../saga/servers/child.ts";

/** A PostgreSQL server as a managed one is: TLS only, an administrator with a password. */
export interface SecurePostgres {
  readonly port: number;
  readonly adminUser: string;
  readonly adminPassword: string;
  /** PEM of the authority that signed its certificate. */
  readonly authority: string;
  /** Rows of a query as the administrator. */
  query(database: string, sql: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

const ADMIN = "platform_admin";

/** Starts one on a free loopback port. */
export async function startSecurePostgres(adminPassword: string): Promise<SecurePostgres> {
  const { postgres } = await locateLocalServers();
  const folder = mkdtempSync(join(tmpdir(), "kit-secure-postgres-"));
  // The server refuses root: when the test runs as root, everything of it belongs to another user.
  const owner = process.getuid?.() === 0 ? { uid: Number(execFileSync("id", ["-u", "nobody"], { encoding: "utf8" })), gid: 65_534 } : undefined;
  const keep = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    return path;
  };
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  const authority = await issueCertificate({ kind: "authority", commonName: "postgres authority", dnsNames: [], ipAddresses: [], usages: ["server", "client"], validityHours: 24 });
  const certificate = await issueCertificate({ kind: "leaf", commonName: "postgres", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], usages: ["server"], validityHours: 12, issuer: authority });
  const data = join(folder, "data");
  const passwordFile = keep("password", adminPassword);
  const options = { ...(owner ?? {}), cwd: folder };
  execFileSync(join(postgres.binDir, "initdb"), ["-D", data, "-U", ADMIN, "--pwfile", passwordFile, "-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync"], { ...options, stdio: "ignore" });
  const [port = 0] = await freePorts(1);
  const rules = keep("pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n");
  const settings = {
    listen_addresses: "127.0.0.1", unix_socket_directories: "", hba_file: rules, ssl: "on",
    ssl_cert_file: keep("server.crt", certificate.chainPem), ssl_key_file: keep("server.key", certificate.privateKeyPem), fsync: "off",
  };
  const server = spawn(join(postgres.binDir, "postgres"), ["-D", data, "-p", String(port), ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])], { ...options, stdio: "pipe" });
  await listening("PostgreSQL", port, server, 30_000, tailOf(server));
  return {
    port,
    adminUser: ADMIN,
    adminPassword,
    authority: authority.certificatePem,
    async query(database, sql) {
      const client = new pg.Client({ host: "127.0.0.1", port, user: ADMIN, password: adminPassword, database, ssl: { ca: authority.certificatePem } });
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(sql)).rows;
      } finally {
        await client.end();
      }
    },
    async stop() {
      await endChild(server, 10_000, "SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
