import { readdirSync, readFileSync } from "node:fs";
import { isFree } from "./free-ports.ts";
import type { KitOptions } from "./kit-command.ts";
import { kitJson, runKit } from "./kit-command.ts";
import type { TestPlatform } from "./test-platform.ts";

/** One process in `kit status --json`. */
export interface StatusProcess {
  readonly name: string;
  readonly role: string;
  readonly zone?: string;
  readonly pid: number | null;
  readonly state: string;
  readonly rssBytes: number | null;
  readonly ports: readonly { readonly name: string; readonly host: string; readonly port: number }[];
}

/** The part of `kit status --json` that tests use. */
export interface Status {
  readonly stack: string;
  readonly state: string;
  readonly processes: readonly StatusProcess[];
}

/** `kit status --json`, whatever its exit code says. */
export async function status(platform: TestPlatform, options: Pick<KitOptions, "projectDir"> = {}): Promise<Status> {
  const result = await runKit(platform, ["status", "--json"], options);
  return JSON.parse(result.stdout) as Status;
}

/** Process ids by process name. */
export async function pids(platform: TestPlatform): Promise<ReadonlyMap<string, number>> {
  const { processes } = await status(platform);
  return new Map(
    processes.flatMap((process) =>
      process.pid === null || process.state !== "running" ? [] : [[process.name, process.pid]],
    ),
  );
}

/** `kit up` with its JSON answer. */
export function up(platform: TestPlatform, timeoutMs = 300_000): Promise<unknown> {
  return kitJson(platform, ["up"], { timeoutMs });
}

/** Command lines of living processes that mention a folder: leftovers of a platform in it. */
export function processesMentioning(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return command.includes(folder) ? [`${pid} ${command.slice(0, 200)}`] : [];
      } catch {
        // The process ended in the meantime.
        return [];
      }
    });
}

/** The ports of these processes that still have a listener. */
export async function portsInUse(processes: readonly StatusProcess[]): Promise<readonly number[]> {
  const ports = processes.flatMap((process) => process.ports.map(({ port }) => port));
  const free = await Promise.all(ports.map(isFree));
  return ports.filter((_, index) => free[index] === false);
}
