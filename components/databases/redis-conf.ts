/** The configuration file of a Redis server that is a process on this machine. Pure. */
import { LOOPBACK } from "../local/layout.ts";

const MAX_MEMORY = "64mb";

/** What differs from server to server. */
export interface RedisConfInput {
  readonly port: number;
  /** Whether the server was built with TLS; it speaks nothing else then. */
  readonly tls: boolean;
  readonly dataDir: string;
  /** Path of a file beside the configuration: `users.acl`, and with TLS `server.crt`, `server.key`, `ca.pem`. */
  readonly path: (file: string) => string;
}

/** Content of `redis.conf`: a cache, so nothing is written to disk. */
export function redisConf({ port, tls, dataDir, path }: RedisConfInput): string {
  const listener = tls
    ? [
        "port 0",
        `tls-port ${port}`,
        `tls-cert-file ${path("server.crt")}`,
        `tls-key-file ${path("server.key")}`,
        `tls-ca-cert-file ${path("ca.pem")}`,
        // Services prove who they are by their password, not by a certificate.
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
