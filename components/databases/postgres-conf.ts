/** The configuration files of a PostgreSQL server that runs as a process on this machine. Pure. */
import { LOOPBACK } from "../local/layout.ts";

/** Name of the server's superuser. */
export const POSTGRES_ADMIN = "platform_admin";

/** Content of `pg_hba.conf`: TLS and a password are required, and connections from other hosts are refused. */
export const POSTGRES_HOST_RULES = [
  "hostssl all all 127.0.0.1/32 scram-sha-256",
  "hostssl all all ::1/128 scram-sha-256",
  "",
].join("\n");

/** Settings for a small machine. Durability has PostgreSQL's defaults. */
const SETTINGS = {
  shared_buffers: "64MB",
  jit: "off",
  wal_level: "minimal",
  max_wal_senders: 0,
  password_encryption: "scram-sha-256",
  ssl_min_protocol_version: "TLSv1.3",
  log_min_messages: "warning",
  log_line_prefix: "%m [%p] %u@%d ",
} as const;

/** Settings that differ between servers. */
export interface PostgresConfInput {
  readonly port: number;
  /** Number of connections that the server must accept. */
  readonly maxConnections: number;
  /** Returns the path of a file beside the configuration: `pg_hba.conf`, `server.crt`, `server.key`. */
  readonly path: (file: string) => string;
}

/** Returns the content of `postgresql.conf`: TLS only, no Unix socket. */
export function postgresqlConf({ port, maxConnections, path }: PostgresConfInput): string {
  const settings: Record<string, string | number> = {
    listen_addresses: LOOPBACK,
    port,
    unix_socket_directories: "",
    hba_file: path("pg_hba.conf"),
    ssl: "on",
    ssl_cert_file: path("server.crt"),
    ssl_key_file: path("server.key"),
    max_connections: maxConnections,
    ...SETTINGS,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} = ${typeof value === "number" ? value : `'${value}'`}\n`)
    .join("");
}
