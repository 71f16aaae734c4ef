/** The configuration file of a Redis server that runs as a process on this machine. Pure. */
import { LOOPBACK } from "../local/layout.ts";

const MAX_MEMORY = "64mb";

/** Settings that differ between servers. */
export interface RedisConfInput {
  readonly port: number;
  /** Whether the server was built with TLS. If so, it accepts only TLS. */
  readonly tls: boolean;
  readonly dataDir: string;
  /**
   * Returns the path of a file beside the configuration: `users.acl`, and with TLS `server.crt`, `server.key`,
   * `ca.pem`.
   */
  readonly path: (file: string) => string;
}

/** Returns the content of `redis.conf`: a cache without persistence. */
export function redisConf({ port, tls, dataDir, path }: RedisConfInput): string {
  const listener = tls
    ? [
        "port 0",
        `tls-port ${port}`,
        `tls-cert-file ${path("server.crt")}`,
        `tls-key-file ${path("server.key")}`,
        `tls-ca-cert-file ${path("ca.pem")}`,
        // Services authenticate with their password, not with a certificate.
        "tls-auth-clients no",
      ]
    : [`port ${port}`];
  return [
    `bind ${LOOPBACK}`,
    ...listener,
    `aclfile ${path("users.acl")}`,
    `dir ${dataDir}`,
    'save ""',
    "appendonly no",
    `maxmemory ${MAX_MEMORY}`,
    "maxmemory-policy allkeys-lru",
    "",
  ].join("\n");
}
