import type { Manifest } from "./manifest.ts";

/**
 * Field manager of shared objects for the API server. It is the same for every platform and every run, so a destroyed
 * platform, whose shared objects stay, does not block others. The API server refuses the objects of an installation of
 * another release with a conflict.
 */
const FIELD_MANAGER = "event-platform-kit";

/**
 * Returns a cluster-wide object that several platforms use under one name: resource definitions, the brokers' role. All
 * platforms write it. It stays when one of them is removed (`retainOnDelete`), because the deletion of the definitions
 * would delete every Kafka cluster in the Kubernetes cluster.
 */
export function shared(manifest: Manifest): Manifest {
  const { metadata } = manifest;
  return {
    ...manifest,
    metadata: { ...metadata, annotations: { ...metadata.annotations, "pulumi.com/patchFieldManager": FIELD_MANAGER } },
  };
}

/**
 * Returns the label of a namespace with the stack that owns it. If a second stack tries to take over the namespace, the
 * API server refuses it with a conflict.
 */
export function stackLabel(stack: string): Record<string, string> {
  return { "event-platform/stack": stack };
}
