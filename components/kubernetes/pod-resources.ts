/** How far a pod may exceed the processor time it asked for, while a node has it to spare: starts (a JVM's above all) and backlogs. */
export const CPU_BURST = 4;

/** What a container asks for and is held to. */
export interface ContainerResources {
  readonly requests: Record<"cpu" | "memory" | "ephemeral-storage", string>;
  readonly limits: Record<"cpu" | "memory" | "ephemeral-storage", string>;
}

/**
 * Memory is not overcommitted (a node that runs out kills by its own choice), processor time is.
 * @param asked - Processor time and memory as Kubernetes writes them, for example `250m` and `192Mi`.
 * @param temporary - Temporary files and the container's log, MiB.
 * @throws {Error} for processor time in another notation.
 */
export function containerResources(
  { cpu, memory }: { readonly cpu: string; readonly memory: string },
  temporary: { readonly request: number; readonly limit: number },
): ContainerResources {
  return {
    requests: { cpu, memory, "ephemeral-storage": `${temporary.request}Mi` },
    limits: { cpu: timesCpu(cpu, CPU_BURST), memory, "ephemeral-storage": `${temporary.limit}Mi` },
  };
}

/**
 * Processor time, multiplied: `250m` or `2` in milli-CPUs or CPUs.
 * @throws {Error} for another notation.
 */
export function timesCpu(cpu: string, factor: number): string {
  const [, count, unit] = /^(\d+)(m?)$/.exec(cpu) ?? [];
  if (count === undefined) throw new Error(`${cpu} is no processor time; write 250m or 2.`);
  return `${Number(count) * factor}${unit ?? ""}`;
}
