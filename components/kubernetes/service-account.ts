import type { Manifest, ObjectMeta } from "./manifest.ts";

/**
 * Returns a service account for the pods, without rights and without a token, because they do not use the Kubernetes
 * API.
 */
export function serviceAccount(metadata: ObjectMeta): Manifest {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false };
}
