import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";
import type { Workload, WorkloadGroup } from "../workload.ts";

/** Number of pods of a workload. */
export interface Scaling {
  readonly by: "none" | "cpu" | "kafka-lag";
  readonly min: number;
  /** Equal to `min` if nothing scales the service. */
  readonly max: number;
}

/**
 * Returns the maximum useful size of a group: the number of partitions of the widest topic that it reads; undefined
 * without a group.
 */
export function partitionBound(group: WorkloadGroup | undefined): number | undefined {
  return group === undefined ? undefined : Math.max(0, ...group.topics.map(({ partitions }) => partitions));
}

/**
 * Determines the number of pods.
 * @throws {Error} with the setting's name, if it asks for more consumers than there are partitions, or for a maximum
 * below the minimum.
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
  // A disabled service (no replicas) stays disabled, because an autoscaler would have nothing to measure.
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

/** Maximum number of additional pods during a rollout, in percent of the wanted pods. */
export const SURGE_PERCENT = 25;

/** Returns the maximum number of pods at once, during a rollout at full load. */
export function mostPods({ max }: Scaling): number {
  return max + Math.ceil((max * SURGE_PERCENT) / 100);
}
