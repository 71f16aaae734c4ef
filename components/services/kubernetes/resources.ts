import type { KubernetesWorkloadSettings } from "../../model/stack-workload.ts";
import type { Workload, WorkloadResources } from "../workload.ts";

/** How far a pod may exceed the processor time it asked for, while a node has it to spare: starts and backlogs. */
export const CPU_BURST = 4;
/** Room for temporary files, MiB. Nothing here writes any on purpose; Node may cache compiled code. */
export const TEMPORARY_MEBIBYTES = 64;
/** Temporary files and the container's log, MiB. */
const EPHEMERAL = { request: TEMPORARY_MEBIBYTES, limit: 256 } as const;

/** What a container asks for and is held to. */
export interface ContainerResources {
  readonly requests: Record<"cpu" | "memory" | "ephemeral-storage", string>;
  readonly limits: Record<"cpu" | "memory" | "ephemeral-storage", string>;
}

/** The workload's own resources, with what this stack sets instead. */
export function requestsOf(workload: Workload, settings: KubernetesWorkloadSettings): WorkloadResources {
  const own = settings.services[workload.name]?.resources;
  return { cpu: own?.cpu ?? workload.resources.cpu, memory: own?.memory ?? workload.resources.memory };
}

/** Memory is not overcommitted (a node that runs out kills by its own choice), processor time is. */
export function containerResources({ cpu, memory }: WorkloadResources): ContainerResources {
  return {
    requests: { cpu, memory, "ephemeral-storage": `${EPHEMERAL.request}Mi` },
    limits: { cpu: `${Number.parseInt(cpu, 10) * CPU_BURST}m`, memory, "ephemeral-storage": `${EPHEMERAL.limit}Mi` },
  };
}
