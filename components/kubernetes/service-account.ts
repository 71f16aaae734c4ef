import type { Manifest, ObjectMeta } from "./manifest.ts";

/** An identity of the pods' own, with no right and no token: they do not talk to Kubernetes. */
export function serviceAccount(metadata: ObjectMeta): Manifest {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false };
}
