/**
 * What every pod of the platform has in common: the pod security level "restricted", a read-only root file system, no
 * token of the API.
 */

/** User and group of containers. Above 10000, so that no user of a host has the same number. */
export const CONTAINER_USER = 10_001;

/** `securityContext` of a pod. */
export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: CONTAINER_USER,
  runAsGroup: CONTAINER_USER,
  fsGroup: CONTAINER_USER,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** `securityContext` of a container. */
export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/**
 * How a spread over zones counts them: only zones with a node that the pod may run on and that takes pods. By the scheduler's default a lost zone, whose nodes
 * are tainted, still counts as one without pods, so the others may hold one more at most, and the rest stays pending.
 */
export const USABLE_ZONES = { nodeAffinityPolicy: "Honor", nodeTaintsPolicy: "Honor" } as const;

/**
 * Spread over zones and hosts: two pods never share a host; zones are evened out where possible. Counted per revision, so
 * that a roll-out needs no spare host.
 */
export function spreadOut(labels: Readonly<Record<string, string>>, replicas: number): Record<string, unknown> {
  if (replicas < 2) return {};
  const counted = { labelSelector: { matchLabels: labels }, matchLabelKeys: ["pod-template-hash"] };
  return {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname", ...counted }],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "ScheduleAnyway",
        ...USABLE_ZONES,
        ...counted,
      },
    ],
  };
}
