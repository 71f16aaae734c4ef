import type { StackSettings } from "./stack.ts";

/** Settings of an environment on Kubernetes. */
export interface KubernetesStackSettings extends StackSettings {
  readonly kubernetes: NonNullable<StackSettings["kubernetes"]>;
}

/** Whether an environment runs on Kubernetes; the model sees to it that its settings are there then. */
export function isKubernetes(settings: StackSettings): settings is KubernetesStackSettings {
  return settings.substrate === "kubernetes" && settings.kubernetes !== undefined;
}
