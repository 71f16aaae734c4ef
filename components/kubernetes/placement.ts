/** How strictly replicas are kept apart. With `required`, a pod stays pending rather than violate the rule. */
export interface Apartness {
  /** Rule against two pods of one revision on one host. */
  readonly hosts: "required" | "preferred";
  /** Rule against a zone that has two pods more than another one. */
  readonly zones: "required" | "preferred";
}

/**
 * Zones that count in a spread: those with a node on which the pod may run and that accepts pods. By the scheduler's
 * default, a lost zone, whose nodes are tainted, still counts as a zone without pods. Every other zone could then hold
 * only one pod more, and the remaining pods would stay pending.
 */
export const USABLE_ZONES = { nodeAffinityPolicy: "Honor", nodeTaintsPolicy: "Honor" } as const;

/**
 * Returns the pod fields that spread replicas over hosts and zones. Pods are counted per revision, so that a rollout
 * needs no spare host.
 * @param pods - Labels that select the replicas.
 */
export function spreadOut(
  pods: Readonly<Record<string, string>>,
  { hosts, zones }: Apartness,
): { readonly affinity: unknown; readonly topologySpreadConstraints: readonly unknown[] } {
  const counted = { labelSelector: { matchLabels: pods }, matchLabelKeys: ["pod-template-hash"] };
  const apart = { topologyKey: "kubernetes.io/hostname", ...counted };
  return {
    affinity: {
      podAntiAffinity:
        hosts === "required"
          ? { requiredDuringSchedulingIgnoredDuringExecution: [apart] }
          : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: apart }] },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: zones === "required" ? "DoNotSchedule" : "ScheduleAnyway",
        ...USABLE_ZONES,
        ...counted,
      },
    ],
  };
}
