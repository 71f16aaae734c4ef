import type { Workload } from "../workload.ts";

/** Part a pod plays in a service: it serves, or it changes the database's tables before. */
export type PodPart = "service" | "migration";

/** Names Kubernetes recommends: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
const NAME = "app.kubernetes.io/name";
const COMPONENT = "app.kubernetes.io/component";

/** What selects a service's pods; a Deployment's can never change. */
export function selectorLabels(service: string, part: PodPart = "service"): Record<string, string> {
  return { [NAME]: service, [COMPONENT]: part };
}

/** Labels of every object of a workload. */
export function standardLabels(workload: Workload, part: PodPart = "service"): Record<string, string> {
  return {
    ...selectorLabels(workload.name, part),
    "app.kubernetes.io/part-of": "event-platform",
    "app.kubernetes.io/managed-by": "pulumi",
  };
}
