import { cpus, loadavg, platform, release, totalmem } from "node:os";

/** The machine on which a benchmark ran. */
export interface MachineDocument {
  readonly cpus: number;
  readonly cpu: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
}

/** This machine. */
export function thisMachine(): MachineDocument {
  const processors = cpus();
  return {
    cpus: processors.length,
    cpu: processors[0]?.model ?? "",
    memoryBytes: totalmem(),
    system: `${platform()} ${release()}`,
    node: process.version,
  };
}

/** Load of the machine over the last minute, which shows other work at the start of a measurement. */
export function loadBefore(): number {
  return loadavg()[0] ?? 0;
}
