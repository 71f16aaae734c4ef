/** Processor time and memory of every part of a running platform, over a time span. */
import type { ProcessDocument } from "../platform/platform-status.ts";
import type { StatLine, ThreadUsage } from "./process-usage.ts";
import {
  listProcessStats,
  listThreadStats,
  machineBusySeconds,
  memoryBytes,
  threadUsage,
  treePids,
  treeSeconds,
} from "./process-usage.ts";

/** A part: a process of the platform with its children, or this process. */
export interface PartUsage {
  readonly name: string;
  readonly role: string;
  readonly cpuSeconds: number;
  /** Processors kept busy on average. */
  readonly cores: number;
  /** At the end; memory shared between processes is divided among them. */
  readonly memoryBytes: number;
}

/** The whole machine over the span. */
export interface PlatformUsage {
  readonly seconds: number;
  readonly parts: readonly PartUsage[];
  /** Processors kept busy on average by everything on the machine, parts and others. */
  readonly machineCores: number;
  /** Threads of all brokers by kind. */
  readonly brokerThreads: readonly ThreadUsage[];
}

/** The part for this process. */
const GENERATOR = { name: "load generator", role: "generator", pid: process.pid } as const;

interface Part {
  readonly name: string;
  readonly role: string;
  readonly pid: number;
}

interface Look {
  readonly at: number;
  readonly busy: number;
  readonly stats: readonly StatLine[];
  readonly threads: readonly StatLine[];
}

/**
 * Begins a span.
 * @param processes - Of `kit status`.
 * @returns a function that ends it.
 */
export async function measureUsage(processes: readonly ProcessDocument[]): Promise<() => Promise<PlatformUsage>> {
  const parts: readonly Part[] = [
    ...processes.flatMap(({ name, role, pid }) => (pid === null ? [] : [{ name, role, pid }])),
    GENERATOR,
  ];
  const brokers = parts.filter((part) => part.role === "broker").map((part) => part.pid);
  const before = await look(brokers);
  return async () => {
    const after = await look(brokers);
    const seconds = (after.at - before.at) / 1000;
    const usages: PartUsage[] = [];
    for (const part of parts) {
      const cpuSeconds = Math.max(0, treeSeconds(part.pid, after.stats) - treeSeconds(part.pid, before.stats));
      const memory = await Promise.all(treePids(part.pid, after.stats).map(memoryBytes));
      usages.push({
        name: part.name,
        role: part.role,
        cpuSeconds: rounded(cpuSeconds),
        cores: rounded(cpuSeconds / seconds),
        memoryBytes: memory.reduce((sum, bytes) => sum + bytes, 0),
      });
    }
    return {
      seconds: rounded(seconds),
      parts: usages,
      machineCores: rounded((after.busy - before.busy) / seconds),
      brokerThreads: threadUsage(before.threads, after.threads),
    };
  };
}

/** Sums over the parts of each role, in the order in which the roles come. */
export function usageByRole(parts: readonly PartUsage[]): readonly (PartUsage & { readonly count: number })[] {
  return [...Map.groupBy(parts, (part) => (part.role === "service" ? part.name : part.role))].map(
    ([name, members]) => ({
      name,
      role: members[0]?.role ?? "",
      count: members.length,
      cpuSeconds: rounded(members.reduce((sum, part) => sum + part.cpuSeconds, 0)),
      cores: rounded(members.reduce((sum, part) => sum + part.cores, 0)),
      memoryBytes: members.reduce((sum, part) => sum + part.memoryBytes, 0),
    }),
  );
}

async function look(brokers: readonly number[]): Promise<Look> {
  const [stats, busy, threads] = await Promise.all([
    listProcessStats(),
    machineBusySeconds(),
    Promise.all(brokers.map(listThreadStats)),
  ]);
  return { at: performance.now(), busy, stats, threads: threads.flat() };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
