/** Waits until a process is ready or has ended, with a timeout. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { reasonOf } from "../../machine/coded-error.ts";
import type { Readiness } from "./specification.ts";

/** Result of one probe: ready, or what was observed instead. */
export type Probe = { readonly ready: true } | { readonly ready: false; readonly seen: string };

const attemptLimitMs = 5000;

function probeTcp(host: string, port: number): Promise<Probe> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: attemptLimitMs });
    const done = (probe: Probe): void => {
      socket.destroy();
      resolve(probe);
    };
    socket.once("connect", () => done({ ready: true }));
    socket.once("timeout", () => done({ ready: false, seen: "no answer" }));
    socket.once("error", (error) => done({ ready: false, seen: reasonOf(error) }));
  });
}

async function probeHttp(url: string, status: number): Promise<Probe> {
  try {
    const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(attemptLimitMs) });
    await answer.body?.cancel();
    return answer.status === status ? { ready: true } : { ready: false, seen: `status ${answer.status}` };
  } catch (error) {
    return { ready: false, seen: reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error) };
  }
}

async function probeLog(path: string, offset: number, pattern: string): Promise<Probe> {
  const file = await open(path, constants.O_RDONLY).catch(() => undefined);
  if (file === undefined) return { ready: false, seen: "no log" };
  try {
    const { size } = await file.stat();
    // A log that was truncated meanwhile is read from its start.
    const start = Math.max(offset <= size ? offset : 0, size - 4 * 1024 * 1024);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return new RegExp(pattern, "m").test(buffer.subarray(0, bytesRead).toString("utf8"))
      ? { ready: true }
      : { ready: false, seen: "no such line" };
  } finally {
    await file.close();
  }
}

function probeCommand(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Probe> {
  return new Promise((resolve) => {
    const [program = "", ...rest] = command;
    execFile(program, rest, { env, timeout: attemptLimitMs }, (error, stdout, stderr) => {
      const said = `${stderr}${stdout}`.trim().split("\n").at(-1);
      resolve(
        error === null
          ? { ready: true }
          : { ready: false, seen: said || `exit code ${error.code ?? error.signal ?? "unknown"}` },
      );
    });
  });
}

/** Inputs of a probe. */
export interface ReadinessContext {
  readonly env: Readonly<Record<string, string>>;
  readonly log: { readonly path: string; readonly offset: number };
}

/** Returns the readiness condition as text. */
export function readinessText(readiness: Readiness): string {
  if (readiness.tcp) return `connection to ${readiness.tcp.host}:${readiness.tcp.port}`;
  if (readiness.http) return `GET ${readiness.http.url} answering ${readiness.http.status}`;
  if (readiness.log) return `a log line matching /${readiness.log.pattern}/`;
  return `\`${readiness.command?.join(" ") ?? ""}\` ending with 0`;
}

/** Probes once. */
export async function probe(readiness: Readiness, context: ReadinessContext): Promise<Probe> {
  if (readiness.tcp) return probeTcp(readiness.tcp.host, readiness.tcp.port);
  if (readiness.http) return probeHttp(readiness.http.url, readiness.http.status);
  if (readiness.log) return probeLog(context.log.path, context.log.offset, readiness.log.pattern);
  return probeCommand(readiness.command ?? [], context.env);
}

/** Result of a wait for readiness. */
export type ReadinessResult =
  | { readonly result: "ready" }
  | { readonly result: "ended" }
  | { readonly result: "timeout"; readonly last: string };

/** Probes repeatedly, first every 25 ms, later every 250 ms. */
export async function awaitReadiness(
  readiness: Readiness,
  context: ReadinessContext,
  isAlive: () => Promise<boolean>,
  limitSeconds = readiness.timeoutSeconds,
): Promise<ReadinessResult> {
  const deadline = performance.now() + limitSeconds * 1000;
  for (let pause = 25; ; pause = Math.min(pause * 1.3, 250)) {
    const seen = await probe(readiness, context);
    // Checked after the probe: an answer counts only if this process can have given it.
    if (!(await isAlive())) return { result: "ended" };
    if (seen.ready) return { result: "ready" };
    if (performance.now() + pause > deadline) return { result: "timeout", last: seen.seen };
    await delay(pause);
  }
}
