import type { PodSettings } from "../model/stack/stack-pods.ts";

/** Pod fields for scheduling and image pulls, which Strimzi's templates share. */
export interface PodScheduling {
  readonly tolerations?: PodSettings["tolerations"];
  readonly priorityClassName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
}

/** Returns the scheduling fields of a pod's `spec`. */
export function podScheduling(
  settings: PodSettings,
): PodScheduling & { readonly nodeSelector?: PodSettings["nodeSelector"] } {
  const { nodeSelector } = settings;
  return { ...(nodeSelector === undefined ? {} : { nodeSelector }), ...templateScheduling(settings) };
}

/**
 * Returns the scheduling fields without the node selector, which Strimzi's templates lack. Use {@link nodeExpressions}
 * there.
 */
export function templateScheduling({ tolerations, priorityClass, pullSecrets = [] }: PodSettings): PodScheduling {
  return {
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
  };
}

/** Returns the node selector as expressions of a node affinity, ordered by label. */
export function nodeExpressions({ nodeSelector = {} }: PodSettings): readonly Record<string, unknown>[] {
  return Object.keys(nodeSelector)
    .sort()
    .map((key) => ({ key, operator: "In", values: [nodeSelector[key]] }));
}

/** Returns a node affinity with all expressions; empty if there are none. */
export function nodeAffinity(expressions: readonly Record<string, unknown>[]): { readonly nodeAffinity?: unknown } {
  if (expressions.length === 0) return {};
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: expressions }] },
    },
  };
}
