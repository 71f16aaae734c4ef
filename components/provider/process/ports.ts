/** Is a port free, and if not, who has it? */
import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { systemCode } from "../../machine/coded-error.ts";
import { hasProc } from "../../machine/process-identity.ts";
import { providerError } from "../errors.ts";
import type { PortBinding } from "./specification.ts";

const run = promisify(execFile);

/** `free`, or the system's reason why it cannot be bound. */
export async function probePort(host: string, port: number): Promise<"free" | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(systemCode(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve("free")));
  });
}

/** Inodes of sockets that listen on a port, from the text of /proc/net/tcp or tcp6. Pure. */
export function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [, local, , state] = fields;
      const inode = fields[9];
      // 0A is TCP_LISTEN.
      return local?.endsWith(`:${hex}`) && state === "0A" && inode !== undefined ? [inode] : [];
    });
}

async function holderOnLinux(port: number): Promise<{ readonly pid: number; readonly words: string } | undefined> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  const wanted = new Set(tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`));
  if (wanted.size === 0) return undefined;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const file of files) {
      if (!wanted.has(await readlink(`/proc/${pid}/fd/${file}`).catch(() => ""))) continue;
      // Only the program's name: arguments of other people's programs are none of our business.
      const [program] = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
      return { pid: Number(pid), words: `pid ${pid}${program ? ` (${program})` : ""}` };
    }
  }
  return undefined;
}

/** Who listens on the port, as well as it can be found out. */
export async function portHolder(port: number): Promise<string> {
  if (hasProc) return (await holderOnLinux(port))?.words ?? "a program of another user";
  try {
    const { stdout } = await run("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"]);
    const [, pid] = /^p(\d+)$/m.exec(stdout) ?? [];
    const [, program] = /^c(.+)$/m.exec(stdout) ?? [];
    if (pid !== undefined) return `pid ${pid}${program ? ` (${program})` : ""}`;
  } catch {
    // No lsof: the port alone must do.
  }
  return "another program";
}

/** How long a neighbour that is being replaced may take to end and give its port away. */
const NEIGHBOUR_LIMIT_MS = 30_000;
/** How long a port may be in nobody's hands that can be found: its holder is just ending. */
const UNKNOWN_LIMIT_MS = 2_000;

/**
 * Waits for a port that a neighbour holds: where a service comes or goes, the ports of those behind it move up or down by one,
 * and all of them are replaced at the same time.
 * @param isNeighbour - Whether a process is one that the same platform started.
 * @throws `port-taken` or `port-forbidden` for the first port that cannot be had
 */
export async function requireFreePorts(
  name: string,
  ports: readonly PortBinding[],
  isNeighbour: (pid: number) => Promise<boolean>,
): Promise<void> {
  for (const { name: use, host, port } of ports) {
    const started = performance.now();
    for (;;) {
      const answer = await probePort(host, port);
      if (answer === "free") break;
      if (answer !== "EADDRINUSE") throw providerError("port-forbidden", { name, use, host, port, reason: answer });
      const holder = hasProc ? await holderOnLinux(port) : undefined;
      const limit = holder === undefined ? UNKNOWN_LIMIT_MS : (await isNeighbour(holder.pid)) ? NEIGHBOUR_LIMIT_MS : 0;
      if (performance.now() - started >= limit)
        throw providerError("port-taken", { name, use, host, port, holder: holder?.words ?? (await portHolder(port)) });
      await delay(50);
    }
  }
}

/** Waits until an ended process has given its ports back. @throws `port-still-taken` */
export async function awaitFreePorts(name: string, ports: readonly PortBinding[], limitSeconds = 5): Promise<void> {
  const deadline = performance.now() + limitSeconds * 1000;
  for (const { host, port } of ports) {
    while ((await probePort(host, port)) === "EADDRINUSE") {
      if (performance.now() > deadline)
        throw providerError("port-still-taken", {
          name,
          host,
          port,
          seconds: limitSeconds,
          holder: await portHolder(port),
        });
      await delay(50);
    }
  }
}
