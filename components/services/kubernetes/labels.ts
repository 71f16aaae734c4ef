import type { ObjectMeta } from "../../kubernetes/manifest.ts";
import { platformLabels } from "../../kubernetes/manifest.ts";
import type { RenderContext } from "./context.ts";

/** Part that a pod plays in a service: it serves, or it changes the database's tables before. */
export type PodPart = "service" | "migration";

/**
 * What selects a service's pods. Other servers' pods are selected by name and platform (`serverSelector`): a service has pods of two parts
 * under one name, and a Deployment's selector can never change.
 */
export function selectorLabels(service: string, part: PodPart = "service"): Record<string, string> {
  return { "app.kubernetes.io/name": service, "app.kubernetes.io/component": part };
}

/**
 * Metadata of an object of a workload.
 * @param suffix - Appended to the service's name, with a hyphen.
 */
export function metadataOf(
  { workload, namespace }: Pick<RenderContext, "workload" | "namespace">,
  { part = "service", suffix }: { readonly part?: PodPart; readonly suffix?: string } = {},
): ObjectMeta & { readonly labels: Readonly<Record<string, string>> } {
  const name = suffix === undefined ? workload.name : `${workload.name}-${suffix}`;
  return { name, namespace, labels: platformLabels(workload.name, part) };
}
