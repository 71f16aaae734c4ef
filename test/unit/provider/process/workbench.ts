/** A state folder for one test, with free ports and programs to supervise, and nothing left afterwards. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stopProcesses } from "../../../../components/provider/process/index.ts";
import { type ProcessSpecification, processSchema } from "../../../../components/provider/process/specification.ts";

/** Waits for a condition. @throws when it is not met in time, saying what was waited for */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for: ${what}`);
    await delay(10);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** Is there any process with this id that is not a zombie? */
export function isAliveNow(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A listening server in sh's reach: node with a few lines. */
export function serverProgram(port: number, options: { delayMs?: number; ignoreTerm?: boolean } = {}): string[] {
  const text = `
    ${options.ignoreTerm ? 'process.on("SIGTERM", () => console.log("no"));' : ""}
    setTimeout(() => require("node:http").createServer((q, s) => s.end("ok")).listen(${port}, "127.0.0.1", () => console.log("listening")), ${options.delayMs ?? 0});
  `;
  return [process.execPath, "-e", text];
}

export interface Workbench {
  readonly stateDir: string;
  /** A specification with defaults for what a test does not care about. */
  specify(
    values: { name: string; command: string[]; readiness: object } & Partial<Record<string, unknown>>,
  ): ProcessSpecification;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openWorkbench(parent = tmpdir()): Promise<Workbench> {
  const stateDir = await mkdtemp(join(parent, "kit-process-"));
  return {
    stateDir,
    specify: (values) => processSchema.parse({ role: "service", ports: [], stateDir, ...values }),
    async [Symbol.asyncDispose]() {
      await stopProcesses(stateDir);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Writes a program next to the state. */
export async function writeProgram(stateDir: string, name: string, text: string): Promise<string> {
  const path = join(stateDir, name);
  await writeFile(path, text, { mode: 0o755 });
  return path;
}
