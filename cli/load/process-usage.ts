/** Processor time and memory of processes, read from /proc. */
import { readdir, readFile } from "node:fs/promises";

/** The kernel's unit of processor time in /proc; the same on every Linux machine. */
const TICKS_PER_SECOND = 100;

/** One process or thread in a `stat` file. */
export interface StatLine {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  /** Seconds, of the process itself. */
  readonly cpuSeconds: number;
  /** Seconds, of children that have ended and were reaped. */
  readonly endedChildrenSeconds: number;
}

/**
 * Parses a `stat` line. The name is in parentheses and may itself contain spaces and parentheses.
 * @throws {Error} when it is not one.
 */
export function parseStat(line: string): StatLine {
  const [open, close] = [line.indexOf("("), line.lastIndexOf(")")];
  const fields = line.slice(close + 2).split(" ");
  const ticks = (first: number): number => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND;
  const stat = {
    pid: Number(line.slice(0, open)),
    name: line.slice(open + 1, close),
    parent: Number(fields[1]),
    cpuSeconds: ticks(11),
    endedChildrenSeconds: ticks(13),
  };
  if (
    open < 0 ||
    close < open ||
    [stat.pid, stat.parent, stat.cpuSeconds, stat.endedChildrenSeconds].some((value) => !Number.isFinite(value))
  ) {
    throw new Error(`not a stat line: ${JSON.stringify(line.slice(0, 100))}`);
  }
  return stat;
}

/** Processor time of a process with all its descendants, so that a server that forks counts as one. */
export function treeSeconds(root: number, processes: readonly StatLine[]): number {
  const children = Map.groupBy(processes, (process) => process.parent);
  const sum = (stat: StatLine): number =>
    stat.cpuSeconds +
    stat.endedChildrenSeconds +
    (children.get(stat.pid) ?? []).reduce((total, child) => total + sum(child), 0);
  const process = processes.find((candidate) => candidate.pid === root);
  return process === undefined ? 0 : sum(process);
}

/** Process ids of a process and all its descendants. */
export function treePids(root: number, processes: readonly StatLine[]): readonly number[] {
  const children = processes.filter((process) => process.parent === root);
  return [root, ...children.flatMap((child) => treePids(child.pid, processes))];
}

/** All current processes; skips those that end in the meantime. */
export async function listProcessStats(): Promise<readonly StatLine[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  return await readStats(pids.map((pid) => `/proc/${pid}/stat`));
}

/** The threads of a process, by thread id. */
export async function listThreadStats(pid: number): Promise<readonly StatLine[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch((): string[] => []);
  return await readStats(tasks.map((task) => `/proc/${pid}/task/${task}/stat`));
}

async function readStats(files: readonly string[]): Promise<readonly StatLine[]> {
  const lines = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => undefined)));
  return lines.flatMap((line) => (line === undefined ? [] : [parseStat(line)]));
}

/** Seconds of processor time that the whole machine has used on all processors since it started. */
export async function machineBusySeconds(): Promise<number> {
  const [total = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = total.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** Memory in bytes: a process's own, and its share of shared memory. */
export async function memoryBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** Processor time of threads by kind, in seconds, largest first. */
export interface ThreadUsage {
  readonly thread: string;
  readonly seconds: number;
}

/** Processor time of threads between two readings, summed by kind: numbers in names are ignored. */
export function threadUsage(before: readonly StatLine[], after: readonly StatLine[]): readonly ThreadUsage[] {
  const earlier = new Map(before.map((thread) => [thread.pid, thread.cpuSeconds]));
  const sums = new Map<string, number>();
  for (const thread of after) {
    const kind = thread.name.replace(/[-#\s]*\d+[-#\d\s]*$/, "").trim() || thread.name;
    sums.set(kind, (sums.get(kind) ?? 0) + Math.max(0, thread.cpuSeconds - (earlier.get(thread.pid) ?? 0)));
  }
  return [...sums]
    .map(([thread, seconds]) => ({ thread, seconds: Math.round(seconds * 100) / 100 }))
    .filter((usage) => usage.seconds > 0)
    .sort((a, b) => b.seconds - a.seconds || (a.thread < b.thread ? -1 : 1));
}
