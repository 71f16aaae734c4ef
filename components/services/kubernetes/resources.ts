import { type ContainerResources, containerResources } from "../../kubernetes/pod-resources.ts";
import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";
import type { Workload, WorkloadResources } from "../workload.ts";

/** Size of temporary files, MiB. The services write none on purpose, but Node may cache compiled code. */
export const TEMPORARY_MEBIBYTES = 64;
/** Temporary files and the container's log, MiB. */
const EPHEMERAL = { request: TEMPORARY_MEBIBYTES, limit: 256 } as const;

/** Returns the workload's own resources, with the overrides of the stack. */
export function requestsOf(workload: Workload, settings: KubernetesWorkloadSettings): WorkloadResources {
  const own = settings.services[workload.name]?.resources;
  return { cpu: own?.cpu ?? workload.resources.cpu, memory: own?.memory ?? workload.resources.memory };
}

/** Returns the resources as a container has them. */
export function serviceResources(requests: WorkloadResources): ContainerResources {
  return containerResources(requests, EPHEMERAL);
}
