/** A Redis server of the test's own, with one user whose rights are what a service's are on the platform, behind TLS where the server was built with it. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RedisConfig } from "@event-platform-kit/service/config";
import { redisAccessFile } from "../../../components/databases/redis-acl.ts";
import { redisConf } from "../../../components/databases/redis-conf.ts";
import { LOOPBACK } from "../../../components/local/layout.ts";
import { findRedis } from "../../../toolchain/servers/redis.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import { passwordOf, testAuthorities } from "./authorities.ts";
import { endChild, listening, tailOf } from "./child.ts";

export interface TestRedis {
  /** What the user connects with. */
  readonly login: RedisConfig;
  /** The same as variables of a service's environment. */
  readonly environment: Readonly<Record<string, string>>;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it. @param keys - Pattern of the keys that the service may touch. */
export async function startRedis(service: string, keys: string): Promise<TestRedis> {
  const redis = await findRedis();
  if (redis === undefined) throw new Error("Redis is not prepared; run `npx kit doctor --fix`.");
  const folder = mkdtempSync(join(tmpdir(), "saga-redis-"));
  const path = (file: string): string => join(folder, file);
  const [port = 0] = await freePorts(1);
  const password = passwordOf(service);
  const files: Record<string, string> = {
    "redis.conf": redisConf({ port, tls: redis.tls, dataDir: folder, path }),
    "users.acl": redisAccessFile([{ service, keys, password }], "hash"),
    password,
  };
  if (redis.tls) {
    const authorities = await testAuthorities();
    const certificate = await authorities.serverCertificate("redis");
    Object.assign(files, {
      "server.crt": certificate.chainPem,
      "server.key": certificate.privateKeyPem,
      "ca.pem": authorities.serversPem,
    });
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content, { mode: 0o600 });
  let server: ChildProcess | undefined;
  async function start(): Promise<void> {
    server = spawn(redis?.server ?? "", [path("redis.conf")], { cwd: folder, stdio: "pipe" });
    await listening("Redis", port, server, 10_000, tailOf(server));
  }
  await start();
  const ca = files["ca.pem"];
  return {
    login: { host: LOOPBACK, port, username: service, password, ...(ca === undefined ? {} : { ca }) },
    environment: {
      REDIS_HOST: LOOPBACK,
      REDIS_PORT: String(port),
      REDIS_USERNAME: service,
      REDIS_PASSWORD_FILE: path("password"),
      ...(ca === undefined ? {} : { REDIS_CA_FILE: path("ca.pem") }),
    },
    start,
    async kill() {
      if (server !== undefined) await endChild(server, 0, "SIGKILL");
    },
    async stop() {
      if (server !== undefined) await endChild(server, 5_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
