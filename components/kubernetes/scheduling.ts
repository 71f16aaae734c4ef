import type { PodSettings } from "../model/stack/stack-pods.ts";

/** Fields of a pod by which it is put on a node and its image is fetched, as Strimzi's templates have them too. */
export interface PodScheduling {
  readonly tolerations?: PodSettings["tolerations"];
  readonly priorityClassName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
}

/** The fields of a pod that follow from settings, for a pod's `spec`. */
export function podScheduling(
  settings: PodSettings,
): PodScheduling & { readonly nodeSelector?: PodSettings["nodeSelector"] } {
  const { nodeSelector } = settings;
  return { ...(nodeSelector === undefined ? {} : { nodeSelector }), ...templateScheduling(settings) };
}

/** The same without the node selector, which Strimzi's templates do not have: there it is {@link nodeExpressions}. */
export function templateScheduling({ tolerations, priorityClass, pullSecrets = [] }: PodSettings): PodScheduling {
  return {
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
  };
}

/** The node selector as expressions of a node affinity, in order of label. */
export function nodeExpressions({ nodeSelector = {} }: PodSettings): readonly Record<string, unknown>[] {
  return Object.keys(nodeSelector)
    .sort()
    .map((key) => ({ key, operator: "In", values: [nodeSelector[key]] }));
}

/** A node affinity that all expressions must meet; nothing when there are none. */
export function nodeAffinity(expressions: readonly Record<string, unknown>[]): { readonly nodeAffinity?: unknown } {
  if (expressions.length === 0) return {};
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: expressions }] },
    },
  };
}
