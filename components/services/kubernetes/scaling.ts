import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";
import type { Workload, WorkloadGroup } from "../workload.ts";

/** How many pods a workload has. */
export interface Scaling {
  readonly by: "none" | "cpu" | "kafka-lag";
  readonly min: number;
  /** Equals `min` where nothing scales. */
  readonly max: number;
}

/** Members that a group can keep busy: the partitions of the widest topic it reads. */
export function partitionBound(group: WorkloadGroup | undefined): number | undefined {
  return group === undefined ? undefined : Math.max(0, ...group.topics.map(({ partitions }) => partitions));
}

/**
 * Decides on the number of pods.
 * @throws {Error} naming the setting, when it asks for more consumers than there are partitions, or for a maximum below the least.
 */
export function scalingOf(
  workload: Pick<Workload, "name" | "replicas" | "group">,
  settings: KubernetesWorkloadSettings,
): Scaling {
  const own = settings.services[workload.name]?.autoscaling ?? {};
  const bound = partitionBound(workload.group) ?? Number.POSITIVE_INFINITY;
  const min = workload.replicas;
  if (min > bound) {
    throw new Error(
      `services.${workload.name}.replicas is ${min}, but the topics its group reads have at most ${bound} partitions; the others would idle. Lower it to ${bound}, or raise the topics' partitions.`,
    );
  }
  const chosen = own.by ?? settings.autoscaling.by;
  const by = chosen === "kafka-lag" && workload.group === undefined ? "cpu" : chosen;
  // What is switched off (no replicas) stays off: an autoscaler would have nothing to measure.
  if (by === "none" || min === 0) return { by: "none", min, max: min };
  const max = own.maxReplicas ?? Math.min(bound, min * settings.autoscaling.growth);
  const setting = `kubernetes.workloads.services.${workload.name}.autoscaling.maxReplicas`;
  if (max > bound)
    throw new Error(
      `${setting} is ${max}, but the topics its group reads have at most ${bound} partitions. Lower it to ${bound}, or raise the topics' partitions.`,
    );
  if (max < min)
    throw new Error(
      `${setting} is ${max}, below the ${min} replicas of the service; raise it, or lower services.${workload.name}.replicas.`,
    );
  return { by, min, max };
}

/** How many more pods than wanted a rollout may start, in percent of them. */
export const SURGE_PERCENT = 25;

/** Pods that may run at once, in the middle of a rollout at full load. */
export function mostPods({ max }: Scaling): number {
  return max + Math.ceil((max * SURGE_PERCENT) / 100);
}
