import { type ContainerResources, containerResources } from "../../kubernetes/pod-resources.ts";
import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";
import type { Workload, WorkloadResources } from "../workload.ts";

/** Room for temporary files, MiB. Nothing here writes any on purpose; Node may cache compiled code. */
export const TEMPORARY_MEBIBYTES = 64;
/** Temporary files and the container's log, MiB. */
const EPHEMERAL = { request: TEMPORARY_MEBIBYTES, limit: 256 } as const;

/** The workload's own resources, with what this stack sets instead. */
export function requestsOf(workload: Workload, settings: KubernetesWorkloadSettings): WorkloadResources {
  const own = settings.services[workload.name]?.resources;
  return { cpu: own?.cpu ?? workload.resources.cpu, memory: own?.memory ?? workload.resources.memory };
}

/** The same as a container has it. */
export function serviceResources(requests: WorkloadResources): ContainerResources {
  return containerResources(requests, EPHEMERAL);
}
