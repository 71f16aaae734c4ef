/** How strictly replicas are kept apart: `required` leaves a pod pending rather than break the rule. */
export interface Apartness {
  /** Two pods of one revision on one host. */
  readonly hosts: "required" | "preferred";
  /** A zone with two pods more than another. */
  readonly zones: "required" | "preferred";
}

/**
 * How a spread over zones counts them: only zones with a node that the pod may run on and that takes pods. By the scheduler's default a lost
 * zone, whose nodes are tainted, still counts as one without pods, so the others may hold one more at most, and the rest stays pending.
 */
export const USABLE_ZONES = { nodeAffinityPolicy: "Honor", nodeTaintsPolicy: "Honor" } as const;

/**
 * Spread over hosts and zones, as fields of a pod. Counted per revision, so that a rollout needs no spare host.
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
