/**
 * Files of a process on disk, below `<stateDir>/run/`:
 * - `<name>.json`: the run record, written and synced before anything is started
 * - `<name>.intent`: the nonce of the newest start. A start with another nonce gives up by itself.
 * - `<name>.pid`: lines `<nonce> <identity>`. The started process writes them before it becomes the program.
 * - `<name>.lock`: held while the process is started or stopped
 * - `<name>.preparing`: exists while a preparation is not finished
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { reasonOf, systemCode } from "../../machine/coded-error.ts";
import { writeDurably } from "../../machine/durable-file.ts";
import { parseStat } from "../../machine/process-identity.ts";
import { providerError, writeFailure } from "../errors.ts";

const nonceLength = 32;

/** Paths of one process's files. */
export interface ProcessPaths {
  readonly runFolder: string;
  readonly logFolder: string;
  readonly record: string;
  readonly intent: string;
  readonly pid: string;
  readonly lock: string;
  readonly preparing: string;
  readonly log: string;
}

/** Returns the paths of a process's files. */
export function pathsOf(stateDir: string, name: string): ProcessPaths {
  const runFolder = join(stateDir, "run");
  const logFolder = join(stateDir, "logs");
  const at = (kind: string): string => join(runFolder, `${name}.${kind}`);
  return {
    runFolder,
    logFolder,
    record: at("json"),
    intent: at("intent"),
    pid: at("pid"),
    lock: at("lock"),
    preparing: at("preparing"),
    log: join(logFolder, `${name}.log`),
  };
}

const recordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  role: z.enum(["controller", "broker", "registry", "database", "cache", "service", "maintenance"]),
  zone: z.string().optional(),
  /** The last intended action: a one-time preparation or the start. `ready` after the start has succeeded. */
  phase: z.enum(["preparing", "starting", "ready"]),
  specification: z.string(),
  nonce: z.string(),
  bootId: z.string(),
  startedAt: z.string(),
  ports: z.array(z.object({ name: z.string(), host: z.string(), port: z.number() })),
  stop: z.object({ signal: z.enum(["SIGTERM", "SIGINT", "SIGQUIT"]), graceSeconds: z.number() }),
  /** `offset`: size of the log when the process was started. */
  log: z.object({ path: z.string(), maxBytes: z.number(), offset: z.number() }),
});

/** The run record of a process. */
export type RunRecord = z.infer<typeof recordSchema>;

/** Identity that a started process wrote down. */
export interface RecordedIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** Parses the line that the start with this nonce wrote; undefined if it is missing or incomplete. Pure. */
export function parsePidFile(text: string, nonce: string): RecordedIdentity | undefined {
  // A line without a line end may be incomplete.
  for (const line of text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .reverse()) {
    if (!line.startsWith(`${nonce} `)) continue;
    const identity = line.slice(nonce.length + 1);
    const [, pid, startTime] = /^ps (\d+) (.+)$/.exec(identity) ?? [];
    if (pid !== undefined && startTime !== undefined)
      return { pid: Number(pid), startTime: startTime.replace(/\s+/g, " ").trim() };
    const facts = parseStat(identity);
    if (facts !== undefined) return { pid: facts.pid, startTime: facts.startTime };
  }
  return undefined;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Returns the run record; undefined if there is none. A corrupt record is an error, because it may hide a live process. */
export async function readRecord(paths: ProcessPaths): Promise<RunRecord | undefined> {
  const text = await readIfThere(paths.record);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw providerError("record-unreadable", { path: paths.record, reason: reasonOf(error) }, error);
  }
}

/** Writes the run record durably. */
export async function writeRecord(paths: ProcessPaths, record: RunRecord): Promise<void> {
  await writeDurably(paths.record, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Returns the identity that the start with this nonce wrote; undefined if there is none. */
export async function readIdentity(paths: ProcessPaths, nonce: string): Promise<RecordedIdentity | undefined> {
  return parsePidFile((await readIfThere(paths.pid)) ?? "", nonce);
}

/** Creates the folders for records and logs. */
export async function makeFolders(paths: ProcessPaths): Promise<void> {
  for (const folder of [paths.runFolder, paths.logFolder]) {
    try {
      // The parent folder allows traversal, for servers that run as another user. Only the owner can use the folders
      // themselves.
      await mkdir(dirname(folder), { recursive: true, mode: 0o711 });
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw writeFailure(folder, error);
    }
  }
}

/**
 * Records which start is wanted; without a nonce, none is. The file is written in place, because starts in progress
 * hold it open and compare it with their own nonce before they become the program.
 */
export async function writeIntent(paths: ProcessPaths, nonce: string | undefined): Promise<void> {
  try {
    const file = await open(paths.intent, constants.O_CREAT | constants.O_WRONLY, 0o600);
    try {
      await file.write(`${nonce ?? "-".repeat(nonceLength)}\n`, 0);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw writeFailure(paths.intent, error);
  }
}

/** Returns a nonce for a start. All nonces have the same length, so that one overwrites the other. */
export function makeNonce(): string {
  return randomBytes(nonceLength / 2).toString("hex");
}

/**
 * Removes the files of an ended process. The record is removed last, so that the process can still be found after a
 * crash.
 */
export async function forget(paths: ProcessPaths): Promise<void> {
  // Drafts of programs that were killed during a write.
  const drafts = [paths.lock, paths.record, paths.preparing].map((path) => `${basename(path)}.`);
  for (const entry of await readdir(paths.runFolder)) {
    const prefix = drafts.find((candidate) => entry.startsWith(candidate));
    if (prefix !== undefined && /^[0-9a-f]{12}(\.tmp)?$/.test(entry.slice(prefix.length)))
      await rm(join(paths.runFolder, entry), { force: true });
  }
  await rm(paths.intent, { force: true });
  await rm(paths.pid, { force: true });
  await rm(paths.record, { force: true });
}

/** Returns the names of the recorded processes, sorted. */
export async function recordedNames(stateDir: string): Promise<string[]> {
  try {
    const names = await readdir(join(stateDir, "run"));
    return names
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.slice(0, -".json".length))
      .sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
