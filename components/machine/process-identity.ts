/**
 * Which process is it really? A process id alone is reused; id + start time in the kernel is not.
 * Linux: field 22 of /proc/<pid>/stat, in clock ticks since boot, and the boot's id beside it.
 * Elsewhere: `ps -o lstart=`, exact to one second.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Is there a Linux /proc? */
export const hasProc = existsSync("/proc/self/stat");

/** A process that was seen. */
export interface ProcessFacts {
  readonly pid: number;
  /** Compared for equality only. */
  readonly startTime: string;
  /** Session the process belongs to; 0 where it is not known. */
  readonly session: number;
  /** Ended, and waiting for its parent to take notice: as good as dead. */
  readonly zombie: boolean;
}

/** Reads a line of /proc/<pid>/stat. The command in parentheses may hold anything, also `)`. */
export function parseStat(line: string): ProcessFacts | undefined {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const pid = Number(line.slice(0, open));
  // After the command: state, ppid, pgrp, session, … ; start time is field 22 of the whole line.
  const fields = line
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const [state, , , session] = fields;
  const startTime = fields[19];
  if (!Number.isInteger(pid) || pid <= 0 || state === undefined || startTime === undefined) return undefined;
  return { pid, startTime, session: Number(session), zombie: state === "Z" || state === "X" };
}

/** The live process of that id, if there is one. */
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

/** Linux counts start times in ticks of USER_HZ, which is 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

/** When a process started; `undefined` when there is none (a zombie counts as none). */
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

/** All live members of a session (Linux; elsewhere nothing is known). */
export async function sessionMembers(session: number): Promise<ProcessFacts[]> {
  if (!hasProc) return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const facts = await Promise.all(pids.map(readFacts));
  return facts.filter((fact) => fact !== undefined).filter((fact) => fact.session === session && !fact.zombie);
}

/** Identifies the running kernel: start times of another boot mean nothing. Empty where there is none. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** Resident memory in bytes. */
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
