/**
 * Identifies a process. The kernel reuses process ids, but not a process id with a start time. Linux: field 22 of
 * /proc/<pid>/stat, in clock ticks since boot, with the id of the boot. Elsewhere: `ps -o lstart=`, with a resolution
 * of one second.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether the machine has a Linux /proc. */
export const hasProc = existsSync("/proc/self/stat");

/** Facts about an observed process. */
export interface ProcessFacts {
  readonly pid: number;
  /** Start time. Use it only for equality. */
  readonly startTime: string;
  /** Session of the process. 0 if unknown. */
  readonly session: number;
  /** Whether the process has ended and waits for its parent to reap it. It counts as dead. */
  readonly zombie: boolean;
}

/**
 * Parses a line of /proc/<pid>/stat; undefined if it is not one. The command in parentheses may contain any character,
 * also `)`.
 */
export function parseStat(line: string): ProcessFacts | undefined {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const pid = Number(line.slice(0, open));
  // Fields after the command: state, ppid, pgrp, session, … The start time is field 22 of the whole line.
  const fields = line
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const [state, , , session] = fields;
  const startTime = fields[19];
  if (!Number.isInteger(pid) || pid <= 0 || state === undefined || startTime === undefined) return undefined;
  return { pid, startTime, session: Number(session), zombie: state === "Z" || state === "X" };
}

/** Returns the facts of the live process with an id; undefined if there is none. */
export async function readFacts(pid: number): Promise<ProcessFacts | undefined> {
  if (hasProc) {
    try {
      return parseStat(await readFile(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return undefined;
    }
  }
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      env: { ...process.env, LC_ALL: "C" },
    });
    const [, stat, startTime] = /^\s*(\S+)\s+(.+?)\s*$/m.exec(stdout) ?? [];
    return stat === undefined || startTime === undefined
      ? undefined
      : { pid, startTime: startTime.replace(/\s+/g, " "), session: 0, zombie: stat.startsWith("Z") };
  } catch {
    return undefined;
  }
}

/** Linux counts start times in ticks of USER_HZ, which is 100 on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;

/** Returns when a process started; undefined if there is none (a zombie counts as none). */
export async function processStart(pid: number): Promise<Date | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const facts = await readFacts(pid);
  if (facts === undefined || facts.zombie) return undefined;
  const start = hasProc ? await sinceBoot(Number(facts.startTime)) : new Date(facts.startTime);
  return start === undefined || Number.isNaN(start.getTime()) ? undefined : start;
}

async function sinceBoot(ticks: number): Promise<Date | undefined> {
  const boot = /^btime (\d+)$/m.exec(await readFile("/proc/stat", "utf8").catch(() => ""))?.[1];
  return boot === undefined ? undefined : new Date((Number(boot) + ticks / TICKS_PER_SECOND) * 1000);
}

/** Returns all live members of a session on Linux. On other systems it returns none. */
export async function sessionMembers(session: number): Promise<ProcessFacts[]> {
  if (!hasProc) return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const facts = await Promise.all(pids.map(readFacts));
  return facts.filter((fact) => fact !== undefined).filter((fact) => fact.session === session && !fact.zombie);
}

/** Returns the id of the kernel's boot, because start times of another boot are meaningless; empty if there is none. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** Returns the resident memory of a process in bytes; undefined if it is unknown. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  if (hasProc) {
    try {
      const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
    } catch {
      return undefined;
    }
  }
  try {
    const { stdout } = await run("ps", ["-o", "rss=", "-p", String(pid)]);
    return Number(stdout.trim()) * 1024;
  } catch {
    return undefined;
  }
}
