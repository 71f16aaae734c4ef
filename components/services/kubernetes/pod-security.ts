import type { types } from "@pulumi/kubernetes";

/** User and group of every container; above 10000, so that it is nobody's on a node. The images are made for it. */
export const RUN_AS = 10_001;

/** Pod security standard "restricted", and what lies beyond it: a user of its own. */
export function podSecurityContext(): types.input.core.v1.PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: RUN_AS,
    runAsGroup: RUN_AS,
    fsGroup: RUN_AS,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** The same for a container, and a root file system that nobody writes to. */
export function containerSecurityContext(): types.input.core.v1.SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
  };
}
