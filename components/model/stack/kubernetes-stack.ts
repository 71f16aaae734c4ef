import type { StackSettings } from "./stack.ts";

/** Settings of an environment on Kubernetes. */
export interface KubernetesStackSettings extends StackSettings {
  readonly kubernetes: NonNullable<StackSettings["kubernetes"]>;
}

/** Returns whether an environment runs on Kubernetes. The model guarantees that the Kubernetes settings then exist. */
export function isKubernetes(settings: StackSettings): settings is KubernetesStackSettings {
  return settings.substrate === "kubernetes" && settings.kubernetes !== undefined;
}
