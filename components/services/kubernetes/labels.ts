import type { ObjectMeta } from "../../kubernetes/manifest.ts";
import { platformLabels } from "../../kubernetes/manifest.ts";
import type { RenderContext } from "./context.ts";

/** Part of a service that a pod runs: the service itself, or the migration of its database before. */
export type PodPart = "service" | "migration";

/**
 * Returns the labels that select a service's pods. Pods of other servers are selected by name and platform
 * (`serverSelector`). A service has pods of two parts under one name, and the selector of a Deployment can never
 * change.
 */
export function selectorLabels(service: string, part: PodPart = "service"): Record<string, string> {
  return { "app.kubernetes.io/name": service, "app.kubernetes.io/component": part };
}

/**
 * Returns the metadata of an object of a workload.
 * @param suffix - Appended to the service's name, with a hyphen.
 */
export function metadataOf(
  { workload, namespace }: Pick<RenderContext, "workload" | "namespace">,
  { part = "service", suffix }: { readonly part?: PodPart; readonly suffix?: string } = {},
): ObjectMeta & { readonly labels: Readonly<Record<string, string>> } {
  const name = suffix === undefined ? workload.name : `${workload.name}-${suffix}`;
  return { name, namespace, labels: platformLabels(workload.name, part) };
}
