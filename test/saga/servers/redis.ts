/** A Redis server of the test's own, with one user whose rights are what a service's are. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../../toolchain/loopback-port.ts";
import { findRedis } from "../../../toolchain/redis.ts";
import { endChild, listening, tailOf } from "./child.ts";

export interface TestRedis {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(user: string, keys: string, password: string): Promise<TestRedis> {
  const redis = await findRedis();
  if (redis === undefined) throw new Error("Redis is not prepared; run `npx kit doctor --fix`.");
  const folder = mkdtempSync(join(tmpdir(), "saga-redis-"));
  const [port = 0] = await freePorts(1);
  const config = join(folder, "redis.conf");
  writeFileSync(config, [`bind 127.0.0.1`, `port ${port}`, `dir ${folder}`, `save ""`, `user default off`, `user ${user} on >${password} ~${keys} resetchannels -@all +@read +@write +@connection +@scripting +@transaction -@dangerous`, ""].join("\n"), { mode: 0o600 });
  let server: ChildProcess | undefined;
  async function start(): Promise<void> {
    server = spawn(redis?.server ?? "", [config], { cwd: folder, stdio: "pipe" });
    await listening("Redis", port, server, 10_000, tailOf(server));
  }
  await start();
  return {
    port,
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
