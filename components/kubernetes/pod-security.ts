/**
 * What every pod of the platform has in common: the pod security level "restricted", a read-only root file system, no
 * token of the API.
 */

/** User and group of containers. Above 10000, so that no user of a host has the same number. The images are made for it. */
export const CONTAINER_USER = 10_001;

/** `securityContext` of a pod; its seccomp profile holds for all its containers. */
export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: CONTAINER_USER,
  runAsGroup: CONTAINER_USER,
  fsGroup: CONTAINER_USER,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** `securityContext` of a container. */
export const containerSecurity = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
} as const;
