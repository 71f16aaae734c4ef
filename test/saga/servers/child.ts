import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { stretched } from "../../platform/condition.ts";

/** Ends a process that a test started, by its own handle: SIGTERM, then SIGKILL after the grace. */
export async function endChild(
  child: ChildProcess,
  graceMs: number,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

/** Waits until something listens on a loopback port; fails when the process ends first or the limit passes. */
export async function listening(
  what: string,
  port: number,
  child: ChildProcess,
  limitMs: number,
  log: () => string,
): Promise<void> {
  const started = Date.now();
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${what} ended with code ${child.exitCode}:\n${log()}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: "127.0.0.1", port });
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    const waited = Date.now() - started;
    if (waited > stretched(limitMs)) throw new Error(`Waited ${waited} ms for ${what} on port ${port}:\n${log()}`);
    await pause(50);
  }
}

/** Keeps the last lines a process writes. */
export function tailOf(child: ChildProcess, limit = 4_000): () => string {
  let text = "";
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString("utf8")).slice(-limit);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => text;
}
