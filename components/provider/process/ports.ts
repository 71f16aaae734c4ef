/** Determines whether a port is free, and otherwise which program uses it. */
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

/** Returns `free`, or the system's reason why the port cannot be bound. */
export async function probePort(host: string, port: number): Promise<"free" | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(systemCode(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve("free")));
  });
}

/** Returns the inodes of sockets that listen on a port, from the text of /proc/net/tcp or tcp6. Pure. */
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
      // Only the name of the program: the arguments of other users' programs may be confidential.
      const [program] = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
      return { pid: Number(pid), words: `pid ${pid}${program ? ` (${program})` : ""}` };
    }
  }
  return undefined;
}

/** Returns the program that listens on the port, as far as it can be determined. */
export async function portHolder(port: number): Promise<string> {
  if (hasProc) return (await holderOnLinux(port))?.words ?? "a program of another user";
  try {
    const { stdout } = await run("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"]);
    const [, pid] = /^p(\d+)$/m.exec(stdout) ?? [];
    const [, program] = /^c(.+)$/m.exec(stdout) ?? [];
    if (pid !== undefined) return `pid ${pid}${program ? ` (${program})` : ""}`;
  } catch {
    // Without lsof, the message names only the port.
  }
  return "another program";
}

/** Timeout for a neighbour that is being replaced to end and release its port. */
const NEIGHBOUR_LIMIT_MS = 30_000;
/** Timeout for a port without a known holder: its holder is just ending. */
const UNKNOWN_LIMIT_MS = 2_000;

/**
 * Waits for a port that a neighbour uses. A service that takes the ports of a removed one starts while that one still
 * ends.
 * @param isNeighbour - Returns whether the same platform started a process.
 * @throws `port-taken` or `port-forbidden` for the first port that is not available
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

/**
 * Waits until an ended process has released its ports.
 * @throws `port-still-taken`
 */
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
