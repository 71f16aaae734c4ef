/** How far a pod may exceed its CPU request while its node has spare CPU: for starts (above all of a JVM) and backlogs. */
export const CPU_BURST = 4;

/** Requests and limits of a container. */
export interface ContainerResources {
  readonly requests: Record<"cpu" | "memory" | "ephemeral-storage", string>;
  readonly limits: Record<"cpu" | "memory" | "ephemeral-storage", string>;
}

/**
 * Returns the requests and limits of a container. Memory is not overcommitted, because a node without memory kills pods
 * of its own choice. CPU is overcommitted.
 * @param asked - CPU and memory in Kubernetes' notation, for example `250m` and `192Mi`.
 * @param temporary - Temporary files and the container's log, MiB.
 * @throws {Error} for a CPU value in another notation.
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
 * Returns a CPU value multiplied by a factor: `250m` or `2`, in milli-CPUs or CPUs.
 * @throws {Error} for another notation.
 */
export function timesCpu(cpu: string, factor: number): string {
  const [, count, unit] = /^(\d+)(m?)$/.exec(cpu) ?? [];
  if (count === undefined) throw new Error(`${cpu} is no processor time; write 250m or 2.`);
  return `${Number(count) * factor}${unit ?? ""}`;
}
