/**
 * Settings of every pod of the platform: the pod security level "restricted", a read-only root file system, no token
 * for the API.
 */

/**
 * User and group of containers. It is above 10000, so that no user of a host has the same number. The images are built
 * for it.
 */
export const CONTAINER_USER = 10_001;

/** `securityContext` of a pod. Its seccomp profile applies to all its containers. */
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
