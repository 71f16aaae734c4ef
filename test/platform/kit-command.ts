import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestPlatform } from "./test-platform.ts";

const ENTRY = fileURLToPath(new URL("../../cli/kit.mjs", import.meta.url));
/** Root of the clone under test. */
export const PROJECT_DIR = fileURLToPath(new URL("../..", import.meta.url));

/** How a `kit` command ended. */
export interface KitResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link runKit}. */
export interface KitOptions {
  /** The command is ended after this; the result then has a signal. Default: 2 min. */
  readonly timeoutMs?: number;
  /** Another clone to run in; default: the one under test. */
  readonly projectDir?: string;
  /** Copies the command's progress to the test's own standard error. */
  readonly showProgress?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Environment of a command that talks to a platform of the tests. */
export function kitEnvironment(platform: TestPlatform): Record<string, string> {
  return {
    ...Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    KIT_STATE_DIR: platform.stateDir,
    KIT_PORT_BASE: String(platform.portBase),
    // Where no Prometheus is installed, it would be built beside the tests.
    KIT_OBSERVABILITY: "metrics",
    NO_COLOR: "1",
  };
}

/** Starts `kit` against a platform of the tests; the caller waits for it or ends it. */
export function startKit(platform: TestPlatform, args: readonly string[], options: KitOptions = {}): ChildProcess {
  const entry = options.projectDir === undefined ? ENTRY : `${options.projectDir}/cli/kit.mjs`;
  return spawn(process.execPath, [entry, ...args], {
    cwd: options.projectDir ?? PROJECT_DIR,
    env: { ...kitEnvironment(platform), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs `kit` to its end. */
export function runKit(platform: TestPlatform, args: readonly string[], options: KitOptions = {}): Promise<KitResult> {
  return new Promise((resolve, reject) => {
    const child = startKit(platform, args, options);
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      if (options.showProgress === true) process.stderr.write(chunk);
    });
    const limit = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 120_000);
    child.once("error", (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/**
 * Runs `kit … --json` and reads its answer.
 * @throws {Error} with the command's standard error when it did not end with 0.
 */
export async function kitJson<T>(
  platform: TestPlatform,
  args: readonly string[],
  options: KitOptions = {},
): Promise<T> {
  const result = await runKit(platform, [...args, "--json"], options);
  if (result.code !== 0)
    throw new Error(`kit ${args.join(" ")} ended with ${result.code ?? result.signal}:\n${result.stderr}`);
  return JSON.parse(result.stdout) as T;
}
